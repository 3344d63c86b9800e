namespace TinyKv.Actors.Node.Settings.Sources;

/// <summary>Where something was written: a line of a file, an option or a variable.</summary>
/// <param name="Source">The file, or what else it is, as a person would name it.</param>
/// <param name="Line">The line in it, from 1 on; 0: it has no lines.</param>
internal readonly record struct Origin(string Source, int Line = 0)
{
    /// <inheritdoc/>
    public override string ToString() => Line == 0 ? Source : $"{Source}, line {Line}";
}
