using Akka.Configuration;
using TinyKv.Actors.Node.Settings.Sources;
using TinyKv.Core;

namespace TinyKv.Tests.Actors.Node.Settings.Sources;

/// <summary>HOCON as its specification says, but for what is refused.</summary>
public sealed class ConfigSourcesTests
{
    private static readonly Dictionary<string, string> Variables = new()
    {
        ["SET"] = "there",
        ["NUMBER"] = "7",
        ["EMPTY"] = "",
        ["akka.dotted"] = "dots",
    };

    [Theory]
    [InlineData("akka.a = ${SET}", "there")]
    [InlineData("akka.a = ${?SET}", "there")]
    [InlineData("akka.a = 1\nakka.a = ${?NOT_SET}", "1")]
    [InlineData("akka.a = 1\nakka.a = ${?NUMBER}", "7")]
    [InlineData("akka.a = ${?NOT_SET}", null)]
    [InlineData("akka.a = ${?EMPTY}", "")]
    [InlineData("akka.a = ${akka.dotted}", "dots")]
    [InlineData("akka.b = x, akka.a = ${akka.b}", "x")]
    [InlineData("akka.a = ${akka.b}, akka.b = x", "x")]
    [InlineData("akka.SET = near, akka.a = ${SET}", "there")]
    [InlineData("akka.b = x, akka.a = ${akka.b}, akka.b = y", "y")]
    [InlineData("akka.a = \"${SET}\"", "${SET}")]
    [InlineData("akka.a = \"\"\"${SET} \"quoted\"\"\"\"", "${SET} \"quoted\"")]
    [InlineData("akka.a = /data/${SET}/here", "/data/there/here")]
    [InlineData("akka.a = ${SET} and \"${SET}\"  ${NUMBER}", "there and ${SET}  7")]
    [InlineData("akka.a = x${?NOT_SET}y", "xy")]
    [InlineData("akka.a = ${?NOT_SET} ${?NOT_SET}", null)]
    [InlineData("akka.a = one, akka.a = ${akka.a} two", "one two")]
    [InlineData("akka.a = one, akka.a = ${akka.a}\":two\", akka.a = ${akka.a}\":three\"", "one:two:three")]
    [InlineData("akka.a = ${?akka.a}one", "one")]
    [InlineData("akka { c { d = 1, e = ${akka.c.d} }, a = ${akka.c.e} }", "1")]
    [InlineData("akka { c { d = 1, e = ${akka.c.d} }, c.d = 2, a = ${akka.c.e} }", "2")]
    [InlineData("akka.b { x = 1, y = 2 }, akka.c = ${akka.b} { y = 3 }, akka.a = ${akka.c.x}${akka.c.y}", "13")]
    [InlineData("akka.b { x = 1 }, akka.b = ${akka.b} { y = 3 }, akka.a = ${akka.b.x}${akka.b.y}", "13")]
    [InlineData("akka.b = text, akka.b { x = 1 }, akka.a = ${akka.b.x}", "1")]
    [InlineData("akka.b.x = 1, akka.b = text, akka.b { y = 1 }, akka.a = ${?akka.b.x}", null)]
    [InlineData("akka.b { x = 1 }, akka.b = text, akka.a = ${?akka.b.x}", null)]
    [InlineData("tinykv.raft.a = ${tinykv.raft.tick-interval}, akka.a = ${tinykv.raft.a}", "100ms")]
    [InlineData("{ akka : { \"a\" : \"\\u0041\\n\\\"\" } }", "A\n\"")]
    [InlineData("akka.a : x # c\nakka.b = y // c", "x")]
    [InlineData("\uFEFFakka {\r\n  a = x y\r\n}\r\n", "x y")]
    [InlineData("akka.a = 1e+3", "1e+3")]
    [InlineData("akka {\n a =\n \"x\"\n}", "x")]
    public void A_value_is_what_hocon_says(string text, string? expected)
    {
        var config = Resolve(text);

        Assert.Equal(expected, config.HasPath("akka.a") ? config.GetString("akka.a") : null);
    }

    [Theory]
    [InlineData("akka.a = [1, ${NUMBER}, ${?NOT_SET}, x${SET}]", "1 7 xthere")]
    [InlineData("akka.a = [1, 2] [3]", "1 2 3")]
    [InlineData("akka.a = [1], akka.a += 2, akka.a += ${NUMBER}", "1 2 7")]
    [InlineData("akka.a += 1", "1")]
    [InlineData("akka.a += 1, akka.a += ${akka.b}, akka.b = 2, akka.a += ${?NOT_SET}, akka.a += 3", "1 2 3")]
    [InlineData("akka.a += 0, akka.a = [1], akka.a += 2, akka.b = ${akka.a}, akka.a += 3", "1 2 3")]
    [InlineData("akka.a.x = 1, akka.a = [2], akka.a += 3", "2 3")]
    [InlineData("akka { b { a = [1], a += 2 }, a = ${akka.b.a} }", "1 2")]
    [InlineData("akka.b { a = [1] } { c = 3, a += 2 }, akka.a = ${akka.b.a}", "1 2")]
    [InlineData("akka.b = [1], akka.a = ${akka.b} [2]", "1 2")]
    [InlineData("akka.a = [\n 1\n 2 # two\n 3, ]", "1 2 3")]
    [InlineData("akka.a = []", "")]
    public void A_list_is_what_hocon_says(string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', Resolve(text).GetStringList("akka.a", [])));

    [Fact]
    public void Objects_in_lists_are_merged_and_substituted()
    {
        var stores = Resolve("akka.p = 5\nakka.a = [ { id = 1, id = ${NUMBER}, o { x = 1 }, o { y = ${akka.p} } }, {} ]")
            .GetValue("akka.a").GetArray();

        Assert.Equal("7", stores[0].GetChildObject("id").GetString());
        Assert.Equal("1", stores[0].GetChildObject("o").GetChildObject("x").GetString());
        Assert.Equal("5", stores[0].GetChildObject("o").GetChildObject("y").GetString());
        Assert.Empty(stores[1].GetObject().Items);
    }

    [Fact]
    public void A_quoted_key_with_dots_is_found_as_in_akkas_own_parser()
    {
        const string text = "akka.bindings { \"System.Object, x\" = one }";

        Assert.Equal(ConfigurationFactory.ParseString(text).GetConfig("akka.bindings").Root.GetObject().Items.Keys,
            Resolve(text).GetConfig("akka.bindings").Root.GetObject().Items.Keys);
    }

    [Theory]
    [InlineData("akka.a = ${akka.a}",
        "line 1: akka.a is ${akka.a}, and akka.a is set neither in the configuration nor in the environment")]
    [InlineData("\nakka.a = ${NOT_SET}", "line 2: akka.a is ${NOT_SET}, and NOT_SET is set neither")]
    [InlineData("akka.a = ${akka.b}\nakka.b = ${akka.a}", "refers to itself by way of akka.a, akka.b")]
    [InlineData("akka.a = ${?akka.b}\nakka.b = ${?akka.c}\nakka.c = x${akka.a}",
        "line 3: akka.c refers to itself by way of akka.a, akka.b, akka.c")]
    [InlineData("akka { a { b = ${akka.c} }, c { d = ${akka.a} } }", "refers to itself by way of")]
    [InlineData("akka.a = [${akka.b}]\nakka.b = [${akka.a}]", "refers to itself by way of")]
    [InlineData("akka.a += ${akka.b}\nakka.a += 1\nakka.b = ${akka.a}", "refers to itself by way of akka.a, akka.b")]
    [InlineData("akka.a = text\nakka.a += 1\nakka.a += 2", "line 2: akka.a puts a text, a list or an object next to")]
    [InlineData("akka.a += 1\nakka.a.x = 1\nakka.a += 2", "line 3: akka.a puts a text, a list or an object next to")]
    [InlineData("akka.a += 1\nakka.a += ${NOT_SET}\nakka.a += 2", "line 2: akka.a[0] is ${NOT_SET}")]
    [InlineData("akka.a = [1] text", "line 1: akka.a puts a text, a list or an object next to")]
    [InlineData("akka.a = ${akka.b} text, akka.b { x = 1 }", "line 1: akka.a puts a text, a list or an object next to")]
    [InlineData("akka.a = { b = 1 } ${SET}", "line 1: akka.a puts a text, a list or an object next to")]
    [InlineData("akka.a = ${SET} { b = 1 }", "line 1: akka.a puts a text, a list or an object next to")]
    [InlineData("akka.a = [\n 1\n ${NOT_SET}\n]", "line 3: akka.a[1] is ${NOT_SET}")]
    [InlineData("akka.a = [\n {\n  b.c = ${NOT_SET}\n }\n]", "line 3: akka.a[0].b.c is ${NOT_SET}")]
    public void A_substitution_without_a_value_is_refused_with_line_and_key(string text, string expected) =>
        Assert.Contains(expected,
            Assert.Throws<SettingException>(() => Resolve(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("akka.a = [{\n b += 1 }]", "line 2: akka.a[0].b: '+=' is not supported inside a list")]
    [InlineData("akka.a += { b += 1 }", "line 1: akka.a.b: '+=' is not supported inside a list")]
    [InlineData("include required(\"x\")", "line 1: 'include' is not supported; write")]
    [InlineData("akka { include classpath(\"x\") }", "line 1: akka: 'include' is not supported; write")]
    [InlineData("\nakka.a = null", "line 2: akka.a: null is not supported; leave the key out")]
    [InlineData("akka.a = [1, null ]", "line 1: akka.a[1]: null is not supported")]
    [InlineData("akka.a = ${SET}//x", "line 1: akka.a: a comment begins within the value; write ${SET}\"...\", or a space")]
    [InlineData("akka.a = ${", "line 1: akka.a: the line ends within a substitution")]
    [InlineData("akka.a = ${?\nb}", "line 1: akka.a: the line ends within a substitution")]
    [InlineData("akka.a = [1,,2]", "line 1: akka.a: there is nothing before the comma")]
    [InlineData("akka.a = [,1]", "line 1: akka.a: there is nothing before the comma")]
    [InlineData("akka.a = 1,\n,akka.b = 2", "line 2: there is nothing before the comma")]
    public void What_is_no_hocon_or_not_supported_is_refused_with_its_line(string text, string expected) =>
        Assert.StartsWith($"test, {expected}",
            Assert.Throws<TinyKvException>(() => Resolve(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("akka.a = null and void", "null and void")]
    [InlineData("akka.a = ${SET} // x", "there")]
    [InlineData("akka.include = x, akka.a = ${akka.include}", "x")]
    public void What_only_looks_like_it_is_taken(string text, string expected) =>
        Assert.Equal(expected, Resolve(text).GetString("akka.a"));

    [Fact]
    public void Values_that_double_at_every_step_are_refused()
    {
        var text = "akka.x0 = xxxxxxxxxx\n" + string.Concat(
            Enumerable.Range(1, 30).Select(i => $"akka.x{i} = ${{akka.x{i - 1}}}${{akka.x{i - 1}}}\n"));

        Assert.Contains("becomes too long",
            Assert.Throws<SettingException>(() => Resolve(text)).Message, StringComparison.Ordinal);
        Assert.Contains("becomes too long", Assert.Throws<SettingException>(
            () => Resolve(text.Replace("xxxxxxxxxx", "[1]"))).Message, StringComparison.Ordinal);
    }

    /// <summary>Each step has what the former had twice, or all that there was before; what is allocated is the measure of
    /// the work that is done before it is refused.</summary>
    [Theory]
    [InlineData("akka.x0 = { a = 1 }\n", "akka.x{0} = {{ a = ${{akka.x{1}}}, b = ${{akka.x{1}}} }}\n", 59)]
    [InlineData("akka.x0 = { a = 1 }\n", "akka.x{0} = [ ${{akka.x{1}}}, ${{akka.x{1}}} ]\n", 18)]
    [InlineData("akka.x0 = [ { a = 1 } ]\n", "akka.x{0} = {{ a = ${{akka.x{1}}}, b.c = ${{akka.x{1}}} }}\n", 59)]
    [InlineData("akka.x { a = 1 }\n", "akka.x.y{0} = ${{akka.x}}\n", 59)]
    [InlineData("akka.x.y = [1]\n", "akka.x.y += ${{akka.x.y}}\n", 1900)]
    public void Values_that_grow_without_bound_are_refused_with_line_and_key(string first, string step, int steps)
    {
        var text = first + string.Concat(Enumerable.Range(1, steps)
            .Select(i => string.Format(System.Globalization.CultureInfo.InvariantCulture, step, i, i - 1)));
        var before = GC.GetAllocatedBytesForCurrentThread();

        var refusal = Assert.Throws<SettingException>(() => Resolve(text));

        Assert.Matches(@"^test, line \d+: akka\.\S+ (is one value too many|becomes too long)", refusal.Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 256L << 20);
    }

    [Fact]
    public void A_text_with_more_settings_than_a_configuration_has_is_refused()
    {
        var lines = string.Concat(Enumerable.Range(1, 100_000).Select(i => $"a{i}=1\n"));

        foreach (var text in (string[])[$"akka {{\n{lines}}}", $"akka.a = [ {{\n{lines}}} ]"])
            Assert.Matches(@"^test, line 2002: akka\.(a\[0\]\.)?a2001 is one too many: ",
                Assert.Throws<TinyKvException>(() => Resolve(text)).Message);
        Assert.Contains("too long for a key",
            Assert.Throws<TinyKvException>(() => Resolve($"akka.{new string('a', 100_000)} {{ {lines} }}")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_of_a_thousand_stores_is_no_trouble()
    {
        var stores = string.Concat(Enumerable.Range(1, 1000).Select(i => $"{{ id = {i}, host = h{i}, a = 1, b = 2, c = 3 }}\n"));

        Assert.Equal(1000, Resolve($"akka.a = [\n{stores}]").GetValue("akka.a").GetArray().Count);
    }

    [Theory]
    [InlineData("akka.a += {0}\n")]
    [InlineData("akka.b = {0}, akka.a += ${{akka.b}}\n", 990)]
    [InlineData("akka {{ a += {0}\n }}\n", 990)]
    public void Any_number_of_items_is_added_to_a_list_one_by_one(string step, int items = 1999)
    {
        var text = string.Concat(Enumerable.Range(1, items)
            .Select(i => string.Format(System.Globalization.CultureInfo.InvariantCulture, step, i)));

        Assert.Equal(items + 1, Resolve("akka.a = [0]\n" + text).GetStringList("akka.a").Count);
        Assert.Equal(items, Resolve(text).GetStringList("akka.a").Count);
    }

    [Fact]
    public void What_is_nested_too_deeply_is_refused()
    {
        var chain = string.Concat(Enumerable.Range(1, 2_000).Select(i => $"akka.x{i} = ${{akka.x{i - 1}}}\n"));

        Assert.ThrowsAny<TinyKvException>(() => Resolve("akka.a = " + new string('[', 100_000)));
        Assert.ThrowsAny<TinyKvException>(() => Resolve(string.Concat(Enumerable.Repeat("akka {", 100_000))));
        Assert.ThrowsAny<TinyKvException>(() => Resolve($"akka{string.Concat(Enumerable.Repeat(".a", 100_000))} = 1"));
        Assert.ThrowsAny<TinyKvException>(() => Resolve(chain + "akka.x0 = 1"));
    }

    [Fact]
    public void Any_text_is_read_or_refused()
    {
        const string alphabet = "akb.=:{}[]$?,\"\\#/ \n+'1";
        for (var seed = 0; seed < 20_000; seed++)
        {
            var random = new Random(seed);
            var text = "akka" + string.Concat(
                Enumerable.Range(0, random.Next(40)).Select(_ => alphabet[random.Next(alphabet.Length)]));
            try
            {
                Resolve(text);
            }
            catch (TinyKvException refusal)
            {
                Assert.StartsWith("test, line ", refusal.Message, StringComparison.Ordinal);
            }
        }
    }

    private static Config Resolve(string text) => new ConfigSources().AddText("test", text)
        .Resolve(ConfigurationFactory.ParseString("tinykv.raft.tick-interval = 100ms"), Variables.GetValueOrDefault).Config;
}
