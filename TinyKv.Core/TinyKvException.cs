namespace TinyKv.Core;

/// <summary>
/// Something outside the program is wrong: a setting, a data directory, a port. The message names it and says what
/// would be right; people see it as it is, without a stack trace.
/// </summary>
public class TinyKvException : Exception
{
    /// <summary>Says what is wrong and what would be right.</summary>
    public TinyKvException(string message) : base(message) { }

    /// <summary>Says what is wrong and what would be right, with the cause.</summary>
    public TinyKvException(string message, Exception cause) : base(message, cause) { }
}
