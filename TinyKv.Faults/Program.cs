return await TinyKv.Faults.Cli.FaultsCommandLine.RunAsync(args);
