namespace TinyKv.Core;

/// <summary>A setting has a value that it cannot have, or none, or does not exist.</summary>
public sealed class SettingException : TinyKvException
{
    /// <summary>Names the setting and what is wrong with it.</summary>
    /// <param name="key">The full key.</param>
    /// <param name="why">What is wrong and what would be right; follows the key: "must be …".</param>
    public SettingException(string key, string why) : base($"{key} {why}") => (Key, Why) = (key, why);

    /// <summary>Names also where the setting was written.</summary>
    /// <param name="origin">The file and the line, or the option or variable.</param>
    /// <param name="key">The full key.</param>
    /// <param name="why">What is wrong and what would be right; follows the key: "must be …".</param>
    public SettingException(string origin, string key, string why) : base($"{origin}: {key} {why}") =>
        (Key, Why, HasOrigin) = (key, why, true);

    /// <summary>The full key.</summary>
    public string Key { get; }

    /// <summary>What is wrong and what would be right.</summary>
    public string Why { get; }

    /// <summary>Whether it is the machine that does not suit the setting now, such as a name that has no address yet: the same
    /// setting may do later. Otherwise what is written is wrong, and stays so.</summary>
    public bool IsTransient { get; init; }

    /// <summary>Whether the message says where the setting was written.</summary>
    public bool HasOrigin { get; }
}
