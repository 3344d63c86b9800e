using TinyKv.Core;
using TinyKv.Host.Server;

namespace TinyKv.Tests.Host.Server;

public sealed class ServerConfigurationTests : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"tinykv-{Guid.NewGuid():N}.conf");

    public static TheoryData<string, string> Malformed => new()
    {
        { "tinykv {\n  store {\n    id = 1\n}\n", "line 1: '{' is not closed" },
        { "tinykv { }\n}\n", "line 2: '}' closes nothing" },
        { "tinykv {\n a = [ 1, 2 }\n", "line 2: '}' does not close '[' of line 2" },
        { "tinykv {\n a = \"x\n}\n", "line 2: the string is not closed" },
        { "tinykv {\n a = \"x\\\"\n}\n", "line 2: the string is not closed" },
        { "tinykv.a = \"\"\"x\n\n", "line 1: the string is not closed" },
        { "tinykv {\n\n a = \"x\" b = 1\n}\n", "line 3: two settings on one line need a comma between them" },
        { "tinykv {\n a =\n}\n", "tinykv.a has no value" },
        { "tinykv {\n a\n}\n", "tinykv.a has no value" },
        { "include \"other.conf\"\n", "'include' is not supported" },
        { "tinykv {\n a = b\\\n}\n", "line 2: not valid HOCON: Unknown token at position" },
        { "tinykv.a = ${nosuch}\n", "not valid HOCON: Unresolved substitution: nosuch" },
        { "tinkv.store.id = 1\n", "unknown key 'tinkv'" },
        { "<xml/>\n", "unknown key '<xml/>'" },
        { "\u0001\u0002", "line 1: this is not a text file" },
    };

    public void Dispose() => File.Delete(_file);

    [Theory]
    [MemberData(nameof(Malformed))]
    public void A_malformed_file_is_refused_with_its_name_and_what_is_wrong(string text, string expected)
    {
        File.WriteAllText(_file, text);
        var wrong = Assert.Throws<TinyKvException>(() => ServerConfiguration.Load(_file));
        Assert.StartsWith(_file, wrong.Message, StringComparison.Ordinal);
        Assert.Contains(expected, wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', wrong.Message);
    }

    [Fact]
    public void What_looks_malformed_in_comments_and_strings_is_not()
    {
        File.WriteAllText(_file, """
            # } ] " = =
            tinykv { // a = b = {
              a = "} = \" {", b = 1
              c = [ { d = 1, e = 2 }, { d = 3 } ]
              f = "http://x"
            }
            tinykv.g : 5 # "
            """);
        var config = ServerConfiguration.Load(_file);
        Assert.Equal("} = \" {", config.GetString("tinykv.a"));
        Assert.Equal(5, config.GetInt("tinykv.g"));
    }

    [Fact]
    public void A_missing_file_and_a_directory_are_named()
    {
        var missing = Assert.Throws<TinyKvException>(() => ServerConfiguration.Load(_file));
        Assert.Equal($"cannot read the configuration {_file}: there is no such file", missing.Message);
        var directory = Assert.Throws<TinyKvException>(() => ServerConfiguration.Load(Path.GetTempPath()));
        Assert.EndsWith("it is a directory", directory.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_command_line_wins_over_the_file_and_the_file_over_the_defaults()
    {
        File.WriteAllText(_file, """
            tinykv.store { id = 1, data-directory = here }
            tinykv.server.max-connections = 7
            """);
        var config = ServerConfiguration.Load(
            _file, new("tinykv.store.id", "2"), new("tinykv.store.x", "a\\b \"c\""));
        Assert.Equal(2, config.GetInt("tinykv.store.id"));
        Assert.Equal("here", config.GetString("tinykv.store.data-directory"));
        Assert.Equal("a\\b \"c\"", config.GetString("tinykv.store.x"));
        var settings = ServerSettings.Read(config);
        Assert.Equal((7, 512), (settings.MaxConnections, settings.MaxStreamsPerConnection));
    }

    [Fact]
    public void An_empty_file_leaves_the_defaults()
    {
        File.WriteAllText(_file, "");
        Assert.Equal(4096, ServerSettings.Read(ServerConfiguration.Load(_file)).MaxConnections);
    }

    [Fact]
    public void The_log_level_reaches_akka_unless_akkas_own_is_set()
    {
        File.WriteAllText(_file, "tinykv.server.log-level = WARNING");
        Assert.Equal("WARNING", ServerConfiguration.Load(_file).GetString("akka.loglevel"));
        File.AppendAllText(_file, "\nakka.loglevel = DEBUG");
        Assert.Equal("DEBUG", ServerConfiguration.Load(_file).GetString("akka.loglevel"));
    }
}
