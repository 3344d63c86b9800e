using System.Buffers;
using System.Text;
using CsCheck;
using TinyKv.Client;
using TinyKv.Core.Keys;
using TinyKv.Host.Cli;
using TinyKv.Host.Cli.Raw;

namespace TinyKv.Tests.Host.Cli;

public sealed class PairCodecTests
{
    // Bytes of all kinds: text, characters of several bytes, cut ones, control characters, backslashes.
    private static readonly Gen<byte[]> Bytes = Gen.OneOf(
        Gen.Byte.Array[0, 30],
        Gen.String[0, 20].Select(Encoding.UTF8.GetBytes),
        Gen.OneOf(Gen.Const("\\x4"), Gen.Const("\t\r\n"), Gen.Const("ü\\"), Gen.Const("\uFEFF"))
            .Select(Encoding.UTF8.GetBytes));

    [Theory]
    [InlineData(OutputFormat.Tsv, false)]
    [InlineData(OutputFormat.Tsv, true)]
    [InlineData(OutputFormat.Json, false)]
    [InlineData(OutputFormat.Json, true)]
    public void Any_pair_is_one_line_of_text_and_reads_back(OutputFormat format, bool hex)
    {
        var codec = PairCodec.For(format, hex);
        Gen.Select(Bytes, Bytes).Where((key, _) => key.Length > 0).Sample((key, value) =>
        {
            var line = Write(codec, new RawPair(key, value));
            Assert.Equal(line.Length - 1, Array.IndexOf(line, (byte)'\n'));
            _ = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(line);

            var read = codec.Read(line.AsSpan(0, line.Length - 1));
            Assert.Equal(key, read.Key);
            Assert.Equal(value, read.Value);
        });
    }

    [Theory]
    [InlineData(OutputFormat.Tsv)]
    [InlineData(OutputFormat.Json)]
    public void Junk_is_a_format_error_and_nothing_else(OutputFormat format)
    {
        var codec = PairCodec.For(format, hex: false);
        var mutated = Gen.Select(Bytes, Gen.Int[0, 200], Gen.Byte, (value, at, with) =>
        {
            var line = Write(codec, new RawPair([1, 2, 3], value))[..^1];
            line[at % line.Length] = with;
            return line;
        });
        Gen.OneOf(Gen.Byte.Array[0, 100], mutated).Sample(line =>
        {
            try
            {
                codec.Read(line);
            }
            catch (FormatException error)
            {
                Assert.NotEmpty(error.Message);
            }
        });
    }

    [Theory]
    [InlineData("k", "no TAB")]
    [InlineData("k\tv\tw", "second TAB")]
    [InlineData("\tv", "key is empty")]
    [InlineData("k\t\\q", "backslash in the value")]
    [InlineData("k\\\tv", "backslash in the key")]
    [InlineData("k\t\\x0", "backslash in the value")]
    [InlineData("\u0000ELF\t", "byte 0x00 at column 1")]
    public void A_bad_tsv_line_says_what_was_expected(string line, string expected) =>
        Assert.Contains(expected, Error(OutputFormat.Tsv, line));

    [Theory]
    [InlineData("k\tv", "not JSON at column 1")]
    [InlineData("[]", "expected an object")]
    [InlineData("{\"key\":\"k\"}", "no value")]
    [InlineData("{\"value\":\"k\"}", "no key")]
    [InlineData("{\"key\":\"k\",\"value\":1}", "'value' that is not a string")]
    [InlineData("{\"key\":\"k\",\"value\":\"v\",\"valeu\":\"v\"}", "unknown name 'valeu'")]
    [InlineData("{\"key\":\"k\",\"key64\":\"aw==\",\"value\":\"\"}", "second 'key64'")]
    [InlineData("{\"key\":\"k\",\"value64\":\"???\"}", "not base64")]
    [InlineData("{\"key\":\"\\ud800\",\"value\":\"v\"}", "half of a surrogate pair, \\ud800, at column 9")]
    [InlineData("{\"key\":\"k\",\"value\":\"cut \\ud83d\"}", "both halves, or bytes in base64 as key64 or value64")]
    [InlineData("{\"key\":\"k\",\"value\":\"\\ud83d\\ud83d\\ude00\"}", "surrogate pair, \\ud83d, at column 21")]
    [InlineData("{\"key\":\"k\",\"value\":\"\\\\\\uDE00\"}", "surrogate pair, \\uDE00, at column 23")]
    [InlineData("{\"\\udfff\":\"k\",\"value\":\"v\"}", "surrogate pair, \\udfff, at column 3")]
    [InlineData("{\"key\":\"k\",\"value\":\"v\"", "not JSON at column 23")]
    [InlineData("{\"key\":\"k\",\"value\":\"v\"} x", "not JSON at column 25")]
    public void A_bad_json_line_says_what_was_expected(string line, string expected) =>
        Assert.Contains(expected, Error(OutputFormat.Json, line));

    [Fact]
    public void A_key_beyond_the_limit_is_refused() =>
        Assert.Contains("at most 4096", Error(OutputFormat.Tsv, new string('k', Limits.MaxKeyBytes + 1) + "\tv"));

    private static string Error(OutputFormat format, string line) => Assert.Throws<FormatException>(
        () => PairCodec.For(format, hex: false).Read(Encoding.UTF8.GetBytes(line))).Message;

    private static byte[] Write(PairCodec codec, RawPair pair)
    {
        var writer = new ArrayBufferWriter<byte>();
        codec.Write(writer, pair);
        return writer.WrittenSpan.ToArray();
    }
}
