// The .NET client over Akka.Remote: a counter that many increment at once.
using System.Globalization;
using System.Text;
using TinyKv.Client;

const int Callers = 8, Each = 25;
var key = "counter"u8.ToArray();

var endpoint = args is [var given] ? given : "127.0.0.1:4053";
await using var client = await TinyKvClient.ConnectAsync(new TinyKvRemotingOptions { Endpoints = [endpoint] });
await client.Raw.PutAsync(key, Bytes(0));

var lost = 0;
await Task.WhenAll(Enumerable.Range(0, Callers).Select(async _ =>
{
    for (var i = 0; i < Each; i++)
        while (!await IncrementAsync()) Interlocked.Increment(ref lost);
}));

var total = Number((await client.Raw.GetAsync(key))!);
Console.WriteLine($"{Callers} callers counted to {total}");
Console.Error.WriteLine($"somebody else was faster {lost} times");

async Task<bool> IncrementAsync()
{
    var before = (await client.Raw.GetAsync(key))!;
    return (await client.Raw.CompareAndSetAsync(key, before, Bytes(Number(before) + 1))).Succeeded;
}

static byte[] Bytes(int number) => Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture));

static int Number(byte[] bytes) => int.Parse(Encoding.UTF8.GetString(bytes), CultureInfo.InvariantCulture);
