namespace TinyKv.Host.Cli;

/// <summary>The command line alone shows that it cannot be done; the message says what is expected.</summary>
public sealed class UsageException(string message) : Exception(message);
