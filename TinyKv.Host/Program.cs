return await TinyKv.Host.Cli.CommandLine.RunAsync(args);
