using System.CommandLine;
using TinyKv.Benchmarks.Compare;
using TinyKv.Benchmarks.Load;
using TinyKv.Benchmarks.Micro;

return await new RootCommand("Measures TinyKv, and other systems in the same way")
{
    LoadCommand.Create(),
    CompareCommand.Create(),
    MicroCommand.Create(),
}.Parse(args).InvokeAsync();
