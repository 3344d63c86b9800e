using System.Collections;
using TinyKv.Actors.Node.Settings;
using TinyKv.Actors.Node.Settings.Sources;
using TinyKv.Core;
using TinyKv.Persistence;
using TinyKv.Server.Settings;

namespace TinyKv.Tests.Server.Settings;

public sealed class ServerConfigurationTests : IDisposable
{
    private const string Right = """
        tinykv.cluster { name = orders, stores = [{id=1, host=a, grpc-port=1, status-port=2, remoting-port=3, raft-port=103}] }
        tinykv.store { id = 1, data-directory = data }
        """;

    private readonly Hashtable _environment = [];
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"tinykv-{Guid.NewGuid():N}.conf");

    /// <summary>What follows the file's name in the message.</summary>
    public static TheoryData<string, string> Malformed => new()
    {
        { "tinykv {\n  store {\n    id = 1\n}\n", "line 1: tinykv: '{' is not closed; '}' is missing" },
        { "tinykv { }\n}\n", "line 2: '}' closes nothing" },
        { "tinykv {\n a = [ 1, 2 }\n", "line 2: tinykv.a: '}' does not close '[' of line 2" },
        { "tinykv {\n a = \"x\n}\n", "line 2: tinykv.a: the string is not closed; '\"' is missing at the end of the line" },
        { "tinykv {\n a = \"x\\\"\n}\n", "line 2: tinykv.a: the string is not closed; '\"' is missing at the end of the line" },
        { "tinykv.a = \"\"\"x\n\n", "line 1: tinykv.a: the string is not closed; '\"\"\"' is missing at its end" },
        { "tinykv { \"a = 1\n}", "line 1: tinykv: the string is not closed; '\"' is missing at the end of the line" },
        { "tinykv.a = \"C:\\data\"",
            "line 1: tinykv.a: \\d means nothing in a string; a backslash is written \\\\, "
            + "or the whole string in \"\"\"three quotes\"\"\"" },
        { "tinykv {\n\n a = \"x\" b = 1\n}\n", "line 3: tinykv.a: two settings on one line need a comma between them" },
        { "tinykv.store {\n id = 1 data-directory = x\n}\n",
            "line 2: tinykv.store.id: two settings on one line need a comma between them" },
        { "tinykv {\n a =\n}\n", "line 2: tinykv.a has no value; write tinykv.a = VALUE" },
        { "tinykv {\n a =\n b = 1\n}\n", "line 2: tinykv.a has no value; write tinykv.a = VALUE" },
        { "tinykv {\n a\n}\n", "line 2: tinykv.a has no value; write tinykv.a = VALUE" },
        { "tinykv {\n a = , b = 1\n}\n", "line 2: tinykv.a has no value; write tinykv.a = VALUE" },
        { "tinykv {\n a 5\n}\n", "line 2: '=' is missing after tinykv.a" },
        { "tinykv { = 5 }\n", "line 1: tinykv: '=' is no key" },
        { "tinykv. = 5\n", "line 1: tinykv. is no key; a part is missing after the dot" },
        { "\ninclude \"other.conf\"\n",
            "line 2: 'include' is not supported; write the settings of the other file into this one" },
        { "tinykv { include \"x\" }",
            "line 1: tinykv: 'include' is not supported; write the settings of the other file into this one" },
        { "tinykv {\n a = b\\\n}\n", "line 2: tinykv.a: a value with '\\' needs quotes: tinykv.a = \"...\"" },
        { "tinykv {\n telemetry {\n  otlp-endpoint = http://host:4317\n } }\n",
            "line 3: tinykv.telemetry.otlp-endpoint: a value with ':' needs quotes: tinykv.telemetry.otlp-endpoint = \"...\"" },
        { "tinykv.store.data-directory = /data//store\n",
            "line 1: tinykv.store.data-directory: a comment begins within the value; "
            + "write tinykv.store.data-directory = \"...\", or a space before the comment" },
        { "tinykv.cluster.stores = [ { host = ::1 } ]",
            "line 1: tinykv.cluster.stores[0].host: a value with ':' needs quotes: tinykv.cluster.stores[0].host = \"...\"" },
        { "tinykv.a = x@y", "line 1: tinykv.a: a value with '@' needs quotes: tinykv.a = \"...\"" },
        { "tinykv.a = $HOME", "line 1: tinykv.a: a value with '$' needs quotes: tinykv.a = \"...\"" },
        { "tinykv.a = ${HOME", "line 1: tinykv.a: a substitution is written ${NAME} or ${?NAME}" },
        { "tinykv.postgresql.connection-string = Host=h;Password=secret",
            "line 1: tinykv.postgresql.connection-string: a value with '=' needs quotes: "
            + "tinykv.postgresql.connection-string = \"...\"" },
        { "tinykv.a = ${nosuch}\n",
            "line 1: tinykv.a is ${nosuch}, and nosuch is set neither in the configuration nor in the environment" },
        { "tinykv.a = ${tinykv.b}\ntinykv.b = ${tinykv.a}\n", "line 2: tinykv.b refers to itself by way of tinykv.a, tinykv.b" },
        { "\ntinkv.store.id = 1\n", "line 2: unknown key 'tinkv.store.id'; settings are under tinykv and akka" },
        { "<xml/>\n", "line 1: <xml/> has no value; write <xml/> = VALUE" },
        { "\u0001\u0002", "line 1: this is not a text file" },
    };

    public void Dispose() => File.Delete(_file);

    [Theory]
    [MemberData(nameof(Malformed))]
    public void A_malformed_file_is_refused_with_its_name_the_line_and_the_key(string text, string expected)
    {
        var wrong = Assert.ThrowsAny<TinyKvException>(() => Load(text));
        Assert.Equal($"{_file}, {expected}", wrong.Message);
    }

    [Fact]
    public void What_looks_malformed_in_comments_and_strings_is_not()
    {
        var config = Load("""
            # } ] " = =
            tinykv { // a = b = {
              a = "} = \" {", b = 1
              c = [ { d = 1, e = 2 }, { d = 3 } ]
              f = "http://x"
            }
            tinykv.g : 5 # "
            """).Config;
        Assert.Equal("} = \" {", config.GetString("tinykv.a"));
        Assert.Equal(5, config.GetInt("tinykv.g"));
    }

    [Fact]
    public void A_missing_file_and_a_directory_are_named()
    {
        var missing = Assert.Throws<TinyKvException>(() => ServerConfiguration.Load(_file, _environment));
        Assert.Equal($"cannot read the configuration {_file}: there is no such file", missing.Message);
        var directory = Assert.Throws<TinyKvException>(() => ServerConfiguration.Load(Path.GetTempPath(), _environment));
        Assert.EndsWith("it is a directory", directory.Message, StringComparison.Ordinal);
        var empty = Assert.Throws<TinyKvException>(() => ServerConfiguration.Load("", _environment));
        Assert.EndsWith("no file has such a name", empty.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_without_end_is_refused()
    {
        File.WriteAllText(_file, new string('#', SettingsFile.MaxBytes));
        ServerConfiguration.Load(_file, _environment);
        File.AppendAllText(_file, "#");
        foreach (var path in OperatingSystem.IsLinux() ? [_file, "/dev/zero"] : (string[])[_file])
        {
            Assert.Equal($"cannot read the configuration {path}: it is larger than 1 MiB, which no settings are",
                Assert.Throws<TinyKvException>(() => ServerConfiguration.Load(path, _environment)).Message);
        }
    }

    [Fact]
    public void Options_win_over_the_environment_and_that_over_the_file_and_the_file_over_the_defaults()
    {
        _environment["TINYKV__SERVER__MAX_CONNECTIONS"] = "8";
        _environment["TINYKV__STORE__DATA_DIRECTORY"] = "C:\\there \"2\"";
        _environment["TINYKV__CLUSTER__NAME"] = "by-environment";
        const string text = """
            tinykv.store { id = 1, data-directory = here }
            tinykv.server { max-connections = 7, max-streams-per-connection = 9 }
            tinykv.cluster.name = by-file
            """;
        var config = Load(text,
            ("--store-id", "tinykv.store.id", "2"), ("--set", "tinykv.store.id", "3"),
            ("--set", "tinykv.cluster.name", "by-option")).Config;
        Assert.Equal(3, config.GetInt("tinykv.store.id"));
        Assert.Equal("C:\\there \"2\"", config.GetString("tinykv.store.data-directory"));
        Assert.Equal("by-option", config.GetString("tinykv.cluster.name"));
        var settings = ServerSettings.Read(config);
        Assert.Equal((8, 9, TimeSpan.FromSeconds(10)),
            (settings.MaxConnections, settings.MaxStreamsPerConnection, settings.ShutdownTimeout));
    }

    [Fact]
    public void A_substitution_sees_what_is_set_above_the_file()
    {
        _environment["TINYKV__CLUSTER__NAME"] = "orders";
        _environment["ROOT"] = "/data";
        var config = Load("""
            tinykv.store.data-directory = ${ROOT}/${tinykv.cluster.name}/${tinykv.store.id}
            tinykv.cluster.name = by-file
            """, ("--store-id", "tinykv.store.id", "2")).Config;
        Assert.Equal("/data/orders/2", config.GetString("tinykv.store.data-directory"));
    }

    [Fact]
    public void Every_setting_has_a_variable_of_its_own_and_is_set_by_it()
    {
        foreach (var key in ReferenceConfig.Keys)
            _environment.Add(EnvironmentSettings.NameOf(key), key == "tinykv.cluster.stores" ? "[ { id = 5 } ]" : $"of {key}");
        var config = ServerConfiguration.Load(null, _environment).Config;
        Assert.Equal("5", config.GetValue("tinykv.cluster.stores").GetArray()[0].GetChildObject("id").GetString());
        foreach (var key in ReferenceConfig.Keys.Where(key => key != "tinykv.cluster.stores"))
            Assert.Equal($"of {key}", config.GetString(key));
    }

    [Theory]
    [InlineData("TINYKV__STORE__BINDHOST", "; did you mean TINYKV__STORE__BIND_HOST?")]
    [InlineData("TINYKV__STORE_ID", "; did you mean TINYKV__STORE__ID?")]
    [InlineData("TINYKV__WHATEVER_IT_MAY_BE", "")]
    public void A_variable_of_no_setting_is_refused(string name, string hint)
    {
        _environment[name] = "1";
        var wrong = Assert.Throws<TinyKvException>(() => Load(""));
        Assert.Equal($"the environment variable {name} is of no setting{hint}", wrong.Message);
    }

    [Fact]
    public void Variables_for_other_purposes_are_let_be()
    {
        _environment["TINYKV_ENDPOINTS"] = _environment["TINYKV_TEST_POSTGRESQL"] = _environment["tinykv__x"] = "1";
        Load("");
    }

    /// <summary>A line of a file that is right otherwise, and the message after the file's name and the line.</summary>
    public static TheoryData<string, string> Wrong => new()
    {
        { "tinykv.raft.tick-intervall = 50ms",
            "tinykv.raft.tick-intervall is not a setting; did you mean tinykv.raft.tick-interval?" },
        { "tinykv.raft.max-connections = 5",
            "tinykv.raft.max-connections is not a setting; did you mean tinykv.server.max-connections?" },
        { "tinykv.raft = 5", "tinykv.raft is a section; write tinykv.raft { ... }" },
        { "tinykv.store.id.x = 5", "tinykv.store.id.x is not a setting; tinykv.store.id is one, with a value" },
        { "tinykv.cluster.name = \"\"", "tinykv.cluster.name is empty; it must have a value" },
        { "tinykv.cluster.stores = [ { id = 1, host = \"\" } ]",
            "tinykv.cluster.stores[0].host is empty; it must have a value" },
        { "tinykv { \"store.bind-host\" = a }",
            "tinykv.store.bind-host is in quotes, which make 'store.bind-host' one name; write it without" },
        { "tinykv.cluster.name = [a]", "tinykv.cluster.name must be a text" },
        { "tinykv.cluster.stores = []", "tinykv.cluster.stores names no store; it must list all stores of the cluster" },
        { "tinykv.cluster.stores = here",
            "tinykv.cluster.stores must be a list of objects: "
            + "[ { id, host, grpc-port, status-port, remoting-port, raft-port }, ... ]" },
        { "tinykv.cluster.stores = [here]",
            "tinykv.cluster.stores[0] must be an object: { id, host, grpc-port, status-port, remoting-port, raft-port }" },
        { "tinykv.cluster.stores = [ { id = 1 } ]", "tinykv.cluster.stores[0].host is missing; it has no default" },
        { "tinykv.cluster.stores += { id = 2, host = b, port = 5 }", "tinykv.cluster.stores[1].port is not a setting" },
        { "tinykv.cluster.stores += { id = 2, host = b, grpcport = 5 }",
            "tinykv.cluster.stores[1].grpcport is not a setting; did you mean grpc-port?" },
        { "tinykv.cluster.stores += { id = 1, host = b, grpc-port = 1, status-port = 2, remoting-port = 3, raft-port = 103 }",
            "tinykv.cluster.stores[1].id is 1 a second time; each store has its own" },
        { "tinykv.cluster.stores += { id = 1000, host = b, grpc-port = 1, status-port = 2, remoting-port = 3, raft-port = 4 }",
            "tinykv.cluster.stores[1].id is 1000, must be a whole number from 1 to 999" },
        { $"tinykv.cluster.stores = [ {string.Join(", ", Enumerable.Range(1, 985).Select(
                id => $"{{ id = {id}, host = h{id}, grpc-port = 1, status-port = 2, remoting-port = 3, raft-port = 4 }}"))} ]",
            "tinykv.cluster.stores names 985 stores; a cluster begins with at most 984" },
        { "tinykv.cluster.stores += { id = 2, host = a, grpc-port = 4, status-port = 2, remoting-port = 3, raft-port = 103 }",
            "tinykv.cluster.stores[1].status-port is 2, but a:2 is taken by store 1" },
        { "tinykv.cluster.stores += "
            + "{ id = 2, host = \"a b\", grpc-port = 4, status-port = 5, remoting-port = 6, raft-port = 106 }",
            "tinykv.cluster.stores[1].host is 'a b', must be a host name or an IP address" },
        { "tinykv.cluster.stores += { id = 2, host = b, grpc-port = 70000, status-port = 2, remoting-port = 3, raft-port = 103 }",
            "tinykv.cluster.stores[1].grpc-port is '70000', must be a whole number from 1 to 65535" },
        { "tinykv.store.id = 0", "tinykv.store.id is '0', must be a whole number from 1 to 9223372036854775807" },
        { "tinykv.store.id = -1", "tinykv.store.id is '-1', must be a whole number from 1 to 9223372036854775807" },
        { "tinykv.store.id = \"\"", "tinykv.store.id is empty; it must have a value" },
        { "tinykv.store.id = first", "tinykv.store.id is 'first', must be a whole number from 1 to 9223372036854775807" },
        { "tinykv.store.id = 9", "tinykv.store.id is 9, but tinykv.cluster.stores lists no store with that id" },
        { "tinykv.store.id = ${STORE}", "tinykv.store.id is 'n1', must be a whole number from 1 to 9223372036854775807" },
        { "tinykv.storage.mode = both", "tinykv.storage.mode is 'both', must be one of raft, standalone" },
        { "tinykv.journal = postgresql",
            "tinykv.journal is postgresql, which needs tinykv.postgresql.connection-string "
            + "or tinykv.postgresql.connection-string-file" },
        { "tinykv.journal = postgresql, tinykv.postgresql.connection-string = nonsense",
            "tinykv.postgresql.connection-string is no PostgreSQL connection string, or names no host; it is written as "
            + "\"Host=...;Port=...;Database=...;Username=...;Password=...\"" },
        { "tinykv.journal = postgresql, tinykv.postgresql.connection-string = []",
            "tinykv.postgresql.connection-string must be a text" },
        { "tinykv.journal = postgresql, tinykv.postgresql.connection-string-file = [ f ]",
            "tinykv.postgresql.connection-string-file must be a text" },
        { "akka.remote.adapters.tinykv-guard = [ x ]",
            "akka.remote.adapters.tinykv-guard must be a text" },
        { "akka.persistence.journal.tinykv-rocksdb.unsafe-no-sync = perhaps",
            "akka.persistence.journal.tinykv-rocksdb.unsafe-no-sync is 'perhaps', must be one of on, off" },
        { "tinykv.server.log-level = []", "tinykv.server.log-level must be a text" },
        { "tinykv.journal = paper", "tinykv.journal is 'paper', must be one of rocksdb, sqlite, postgresql" },
        { "tinykv.raft.tick-interval = soon", "tinykv.raft.tick-interval is 'soon', must be a time such as 100ms" },
        { "tinykv.raft.tick-interval = 0ms", "tinykv.raft.tick-interval is '0ms', must be from 1ms to 1h" },
        { "tinykv.raft.tick-interval = -5ms", "tinykv.raft.tick-interval is '-5ms', must be a time such as 100ms" },
        { "tinykv.raft.tick-interval = 1e300s", "tinykv.raft.tick-interval is '1e300s', must be a time such as 100ms" },
        { "tinykv.raft.tick-interval = 40d", "tinykv.raft.tick-interval is '40d', must be from 1ms to 1h" },
        { "tinykv.gateway.timeout = infinite", "tinykv.gateway.timeout is 'infinite', must be a time such as 100ms" },
        { "tinykv.raft.election-ticks = 1.5", "tinykv.raft.election-ticks is '1.5', must be a whole number from 2 to 10000" },
        { "tinykv.raft.election-ticks = {}", "tinykv.raft.election-ticks must be a text" },
        { "tinykv.raft.election-ticks = 99999999999999999999",
            "tinykv.raft.election-ticks is '99999999999999999999', must be a whole number from 2 to 10000" },
        { "tinykv.raft.election-ticks = 2", "tinykv.raft.election-ticks must be above heartbeat-ticks" },
        { "tinykv.raft.lease-reads = yes", "tinykv.raft.lease-reads is 'yes', must be one of on, off" },
        { "tinykv.raft.max-bytes-per-append = big", "tinykv.raft.max-bytes-per-append is 'big', must be a size such as 8MiB" },
        { "tinykv.raft.max-bytes-per-append = 1.5MiB",
            "tinykv.raft.max-bytes-per-append is '1.5MiB', must be a size such as 8MiB" },
        { "tinykv.raft.max-bytes-per-append = 18014398509481985KiB",
            "tinykv.raft.max-bytes-per-append is '18014398509481985KiB', must be from 1 to 8388608 bytes" },
        { "tinykv.raft.max-pending-bytes = 0", "tinykv.raft.max-pending-bytes is '0', must be from 1 to 1099511627776 bytes" },
        { "tinykv.kv-dispatcher.throughput = abc",
            "tinykv.kv-dispatcher.throughput is 'abc', must be a whole number from 1 to 1000000" },
        { "tinykv.kv-dispatcher.dedicated-thread-pool.thread-count = -1",
            "tinykv.kv-dispatcher.dedicated-thread-pool.thread-count is '-1', must be a whole number from 0 to 1024" },
        { "tinykv.raft-dispatcher.executor = TinyKv.Nothing",
            "tinykv.raft-dispatcher.executor is 'TinyKv.Nothing', "
            + "must be fork-join-executor, thread-pool-executor or a type such as "
            + "TinyKv.Actors.Node.ThreadsExecutorConfigurator, TinyKv.Actors" },
        { "tinykv.raft-dispatcher.throughput-deadline-time = x",
            "tinykv.raft-dispatcher.throughput-deadline-time is 'x', must be a time such as 100ms" },
        { "tinykv.store.bind-host = \"a b\"", "tinykv.store.bind-host is 'a b', must be a host name or an IP address" },
        { "tinykv.server.log-level = LOUD", "tinykv.server.log-level is 'LOUD', must be one of DEBUG, INFO, WARNING, ERROR" },
        { "tinykv.server.max-connections = many",
            "tinykv.server.max-connections is 'many', must be a whole number from 1 to 1000000" },
        { "tinykv.server.shutdown-timeout = never",
            "tinykv.server.shutdown-timeout is 'never', must be a time such as 100ms" },
        { "tinykv.server.shutdown-timeout = 11m", "tinykv.server.shutdown-timeout is '11m', must be from 1s to 10m" },
        { "tinykv.server.shutdown-timeout = {}", "tinykv.server.shutdown-timeout must be a text" },
        { "tinykv.telemetry.otlp-endpoint = somewhere",
            "tinykv.telemetry.otlp-endpoint must be a URL such as http://127.0.0.1:4317, or empty" },
        { "tinykv.telemetry.otlp-endpoint = []", "tinykv.telemetry.otlp-endpoint must be a text" },
        { "tinykv.telemetry.trace-ratio = 2", "tinykv.telemetry.trace-ratio is '2', must be a number from 0 to 1" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_is_wrong_is_refused_with_file_line_and_key_and_what_would_be_right(string line, string expected)
    {
        _environment["STORE"] = "n1";
        var message = Refusal($"{Right}\n\n{line}\n");
        Assert.Equal($"{_file}, line 4: {expected}", message);
    }

    [Fact]
    public void What_is_missing_is_missing_in_the_file()
    {
        Assert.Equal($"{_file}: tinykv.cluster.stores is missing; it has no default", Refusal("tinykv.cluster.name = a"));
        Assert.Equal($"{_file}: tinykv.store.id is missing; it has no default",
            Refusal(Right.Replace("id = 1, data", "data", StringComparison.Ordinal)));
    }

    [Fact]
    public void What_is_wrong_in_the_environment_or_an_option_is_named()
    {
        Assert.Equal("--set: tinykv.raft.tick-interval is 'soon', must be a time such as 100ms",
            Refusal(Right, ("--set", "tinykv.raft.tick-interval", "soon")));
        Assert.Equal("--set: tinykv.raft.tick is not a setting", Refusal(Right, ("--set", "tinykv.raft.tick", "1s")));
        Assert.Equal("--set: 'tick' is no key; settings are under tinykv and akka", Refusal(Right, ("--set", "tick", "1s")));
        Assert.Equal("--set: tinykv.cluster.stores: '[' is not closed; ']' is missing",
            Refusal(Right, ("--set", "tinykv.cluster.stores", "[")));
        Assert.Equal("--set: tinykv.cluster.stores: '}' does not close '['",
            Refusal(Right, ("--set", "tinykv.cluster.stores", "[ }")));
        Assert.Equal("--set: 'tinykv.a' in quotes is one name; write it without",
            Refusal(Right, ("--set", "tinykv.cluster.stores", "[], \"tinykv.a\" = 1")));
        _environment["TINYKV__RAFT__TICK_INTERVAL"] = "";
        Assert.Equal("the environment variable TINYKV__RAFT__TICK_INTERVAL: "
            + "tinykv.raft.tick-interval is empty; it must have a value", Refusal(Right));
        _environment["TINYKV__STORE__ID"] = "x";
        Assert.Equal(
            "the environment variable TINYKV__STORE__ID: "
            + "tinykv.store.id is 'x', must be a whole number from 1 to 9223372036854775807", Refusal(Right));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("[ x ]")]
    [InlineData("[ { a = 1 } ]")]
    [InlineData("{}")]
    [InlineData("{ a = 1 }")]
    [InlineData("\"\"")]
    [InlineData("\"null\"")]
    [InlineData("\"TinyKv.Nothing, =\"")]
    public void Whatever_stands_in_the_place_of_a_value_is_taken_or_refused_by_name(string value)
    {
        string[] others =
        [
            "akka", "akka.loglevel", "akka.remote", "akka.remote.adapters", "akka.remote.adapters.tinykv-guard",
            "akka.remote.enabled-transports", "akka.remote.dot-netty", "akka.remote.dot-netty.tcp",
            "akka.remote.dot-netty.tcp.applied-adapters", "akka.remote.dot-netty.tcp.byte-order", "tinykv",
        ];
        var sections = ReferenceConfig.Keys.Select(key => key[..key.LastIndexOf('.')]);
        foreach (var key in ReferenceConfig.Keys.Concat(sections).Concat(others).Distinct())
        {
            foreach (var journal in JournalSetup.Kinds)
            {
                var text = $"{Right}\ntinykv.journal = {journal}\ntinykv.postgresql.connection-string-file = f\n{key} = {value}";
                var refusal = Record.Exception(() => Read(Load(text)));
                Assert.True(refusal is null || (refusal is TinyKvException && refusal.Message.Contains(_file)),
                    $"{key} = {value}: {refusal}");
            }
        }
    }

    [Fact]
    public void The_file_that_is_right_is_right() => Read(Load(Right));

    [Fact]
    public void An_empty_file_leaves_the_defaults() =>
        Assert.Equal(4096, ServerSettings.Read(Load("").Config).MaxConnections);

    [Fact]
    public void What_is_added_to_a_list_is_added_to_its_default() =>
        Assert.Equal(["store", "mine"], Load("akka.cluster.roles += mine").Config.GetStringList("akka.cluster.roles"));

    [Fact]
    public void The_log_level_reaches_akka_unless_akkas_own_is_set()
    {
        Assert.Equal("WARNING", Load("tinykv.server.log-level = WARNING").Config.GetString("akka.loglevel"));
        Assert.Equal("INFO", Load("tinykv.server.log-level = WARNING\nakka.loglevel = INFO").Config.GetString("akka.loglevel"));
    }

    private string Refusal(string text, params (string Option, string Key, string Value)[] options) =>
        Assert.ThrowsAny<TinyKvException>(() => Read(Load(text, options))).Message;

    private static void Read(LoadedConfig config)
    {
        config.Read(ServerSettings.Read);
        config.Read(SettingsReader.Read);
    }

    private LoadedConfig Load(string text, params (string Option, string Key, string Value)[] options)
    {
        File.WriteAllText(_file, text);
        return ServerConfiguration.Load(_file, _environment, options);
    }
}
