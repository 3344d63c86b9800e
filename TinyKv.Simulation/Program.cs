return TinyKv.Simulation.Cli.SimulationCommandLine.Run(args);
