using TinyKv.Actors.Node;

namespace TinyKv.Server.Exit;

/// <summary>What the process says to the one who started it.</summary>
public static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Success = 0;

    /// <summary>Not done, or not all of it: the cluster, a file or a cancellation is the reason.</summary>
    public const int Failure = 1;

    /// <summary>The command line or the configuration is wrong; nothing was tried.</summary>
    public const int Usage = 2;

    /// <summary>The store ended itself because it could not continue safely.</summary>
    public const int Fatal = 70;

    /// <summary>The code of a process whose store has ended by itself.</summary>
    /// <param name="failure">Why it has.</param>
    public static int Of(Exception? failure) => failure is StoreFailedException { IsMisconfigured: true } ? Usage : Fatal;
}
