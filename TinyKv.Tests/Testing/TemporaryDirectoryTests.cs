using TinyKv.Core;
using TinyKv.Testing;

namespace TinyKv.Tests.Testing;

public sealed class TemporaryDirectoryTests
{
    [Fact]
    public void It_goes_with_all_that_is_in_it_and_nobody_else_can_look_into_it()
    {
        // Those of the build are on a disk.
        TemporaryDirectory[] directories = [new(), TemporaryDirectory.OnDisk(AppContext.BaseDirectory)];
        foreach (var directory in directories)
        {
            File.WriteAllText(Path.Combine(directory.Sub("inner"), "file"), "");
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
                    File.GetUnixFileMode(directory.Path));
            }

            directory.Dispose();

            Assert.False(Directory.Exists(directory.Path));
        }
    }

    [SkippableFact]
    public void A_directory_in_memory_is_refused_where_a_disk_is_asked_for()
    {
        const string memory = "/dev/shm";
        Skip.IfNot(Directory.Exists(memory), "there is no /dev/shm");

        var refusal = Assert.Throws<TinyKvException>(() => TemporaryDirectory.OnDisk(memory));

        Assert.Equal("/dev/shm is on tmpfs, which is in memory: name a directory on a disk", refusal.Message);
        Assert.Empty(Directory.GetDirectories(memory, "tinykv-*"));
    }
}
