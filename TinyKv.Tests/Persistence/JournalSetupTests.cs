using Akka.Configuration;
using TinyKv.Core;
using TinyKv.Persistence;
using TinyKv.Testing;

namespace TinyKv.Tests.Persistence;

public sealed class JournalSetupTests
{
    [Fact]
    public void An_unknown_kind_is_refused_with_those_that_exist()
    {
        var refusal = Assert.Throws<TinyKvException>(
            () => JournalSetup.Create("mysql", "/nowhere", Config.Empty));

        Assert.Contains("mysql", refusal.Message, StringComparison.Ordinal);
        foreach (var kind in JournalSetup.Kinds)
            Assert.Contains(kind, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(JournalSetup.RocksDb)]
    [InlineData(JournalSetup.Sqlite)]
    public void The_plugin_is_chosen_and_its_defaults_are_ours(string kind)
    {
        using var directory = new TemporaryDirectory();
        using var setup = JournalSetup.Create(kind, directory.Path, Config.Empty);
        var config = setup.Config.WithFallback(PersistenceConfig.Reference);

        var plugin = config.GetString("akka.persistence.journal.plugin");
        Assert.Equal($"akka.persistence.journal.tinykv-{kind}", plugin);
        Assert.Equal(
            "akka.persistence.no-snapshot-store", config.GetString("akka.persistence.snapshot-store.plugin"));
        Assert.NotNull(Type.GetType(config.GetString($"{plugin}.class")));
        Assert.Equal(TimeSpan.FromSeconds(60), config.GetTimeSpan($"{plugin}.circuit-breaker.call-timeout"));
    }

    [Fact]
    public void No_default_lowers_durability()
    {
        const string Setting = "akka.persistence.journal.tinykv-rocksdb.unsafe-no-sync";

        Assert.False(PersistenceConfig.Reference.GetBoolean(Setting, true));
    }
}
