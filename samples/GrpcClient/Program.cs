// The .NET client over gRPC: a telephone book.
using System.Text;
using TinyKv.Client;
using TinyKv.Core.Keys;

var endpoint = args is [var given] ? given : "127.0.0.1:20160";
await using var client = await TinyKvClient.ConnectAsync(new TinyKvClientOptions { Endpoints = [endpoint] });
var book = client.Raw;
var everybody = new KeyRange(Bytes("phone/"), Bytes("phone0"));
await book.DeleteRangeAsync(everybody);

await book.PutAsync(Bytes("phone/ada"), Bytes("1815"));
await book.BatchPutAsync([
    new RawPair(Bytes("phone/grace"), Bytes("1906")),
    new RawPair(Bytes("phone/kurt"), Bytes("1906")),
]);
Console.WriteLine($"ada has {Text(await book.GetAsync(Bytes("phone/ada")))}");

var taken = await book.PutIfAbsentAsync(Bytes("phone/ada"), Bytes("2000"));
Console.WriteLine($"a second ada? {(taken.Succeeded ? "yes" : $"no, she has {Text(taken.Previous)}")}");

Console.WriteLine("downwards:");
await foreach (var (name, number) in book.ScanAsync(new RawScan { Range = everybody, Reverse = true }))
    Console.WriteLine($"  {Text(name)} {Text(number)}");

static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

static string Text(byte[]? bytes) => bytes is null ? "nothing" : Encoding.UTF8.GetString(bytes);
