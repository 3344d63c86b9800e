using System.Collections.Immutable;
using Akka.Configuration.Hocon;

namespace TinyKv.Actors.Node.Settings.Sources;

/// <summary>A value without substitutions, and where the setting was written that gave it.</summary>
internal abstract record Resolved(Origin Origin)
{
    /// <summary>The value as Akka's configuration holds it.</summary>
    public HoconValue ToHocon()
    {
        var value = new HoconValue();
        value.AppendValue(Element());
        return value;
    }

    /// <summary>Visits this value and all in it, with their full keys.</summary>
    public virtual void Visit(string key, Action<string, Resolved> visit) => visit(key, this);

    private protected abstract IHoconElement Element();
}

/// <summary>A text, number or word.</summary>
internal sealed record ResolvedText(string Text, Origin Origin) : Resolved(Origin)
{
    private protected override IHoconElement Element() => new HoconLiteral { Value = Text };
}

/// <summary>A list.</summary>
internal sealed record ResolvedList(ImmutableArray<Resolved> Items, Origin Origin) : Resolved(Origin)
{
    /// <inheritdoc/>
    public override void Visit(string key, Action<string, Resolved> visit)
    {
        base.Visit(key, visit);
        for (var i = 0; i < Items.Length; i++) Items[i].Visit($"{key}[{i}]", visit);
    }

    private protected override IHoconElement Element()
    {
        var list = new HoconArray();
        list.AddRange(Items.Select(item => item.ToHocon()));
        return list;
    }
}

/// <summary>An object.</summary>
internal sealed record ResolvedObject(ImmutableSortedDictionary<string, Resolved> Fields, Origin Origin)
    : Resolved(Origin)
{
    /// <summary>What stands under a path in it.</summary>
    public Resolved? Find(ReadOnlySpan<string> path)
    {
        Resolved found = this;
        foreach (var part in path)
        {
            if (found is not ResolvedObject inner || !inner.Fields.TryGetValue(part, out var next)) return null;
            found = next;
        }
        return found;
    }

    /// <inheritdoc/>
    public override void Visit(string key, Action<string, Resolved> visit)
    {
        base.Visit(key, visit);
        foreach (var (name, value) in Fields) value.Visit(key.Length == 0 ? name : $"{key}.{name}", visit);
    }

    private protected override IHoconElement Element()
    {
        var inner = new HoconObject();
        foreach (var (name, value) in Fields) inner.Items[name] = value.ToHocon();
        return inner;
    }
}
