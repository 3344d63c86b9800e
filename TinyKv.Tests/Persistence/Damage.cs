namespace TinyKv.Tests.Persistence;

/// <summary>What a bad disk, or a careless hand, does to files.</summary>
internal static class Damage
{
    /// <summary>The table files of a RocksDB database.</summary>
    public static string[] Tables(string directory) => Directory.GetFiles(directory, "*.sst");

    /// <summary>Flips a bit in the middle of the largest table: in a block of pairs.</summary>
    public static string Block(string directory)
    {
        var table = Tables(directory).MaxBy(file => new FileInfo(file).Length)!;
        Flip(table, new FileInfo(table).Length / 2);
        return table;
    }

    /// <summary>Flips a bit.</summary>
    public static void Flip(string path, long position)
    {
        using var file = File.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = position;
        var flipped = (byte)(file.ReadByte() ^ 1);
        file.Position = position;
        file.WriteByte(flipped);
    }

    /// <summary>Cuts bytes off the end of a file.</summary>
    public static void Cut(string path, long bytes)
    {
        using var file = File.OpenWrite(path);
        file.SetLength(file.Length - bytes);
    }
}
