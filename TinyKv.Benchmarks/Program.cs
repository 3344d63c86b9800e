using System.CommandLine;
using System.ComponentModel;
using Grpc.Core;
using TinyKv.Benchmarks.Compare;
using TinyKv.Benchmarks.Growth;
using TinyKv.Benchmarks.Idle;
using TinyKv.Benchmarks.Load;
using TinyKv.Benchmarks.Micro;
using TinyKv.Benchmarks.Snapshots;
using TinyKv.Benchmarks.Transfers;
using TinyKv.Client;
using TinyKv.Core;

const int WrongUsage = 2;

var root = new RootCommand("Measures TinyKv, and other systems in the same way")
{
    LoadCommand.Create(),
    CompareCommand.Create(),
    IdleCommand.Create(),
    GrowthCommand.Create(),
    TransferCommand.Create(),
    SnapshotCommand.Create(),
    MicroCommand.Create(),
};
try
{
    var parsed = root.Parse(args);
    var code = await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    return parsed.Errors.Count > 0 ? WrongUsage : code;
}
catch (Exception e) when (Explained(e) is not null)
{
    await Console.Error.WriteLineAsync($"TinyKv.Benchmarks: {Explained(e)}");
    return 1;
}

static string? Explained(Exception failure) => failure switch
{
    TinyKvException or TinyKvClientException or RpcException or HttpRequestException or Win32Exception => failure.Message,
    OperationCanceledException => "cancelled, or not answered in time",
    _ => null,
};
