using TinyKv.Persistence;
using TinyKv.Testing;
using TinyKv.Testing.Processes;

namespace TinyKv.Tests.Persistence;

public sealed class SettingsFileTests
{
    [SkippableFact]
    public async Task A_pipe_is_read_to_its_end_and_one_that_nobody_writes_to_is_given_up()
    {
        Skip.If(OperatingSystem.IsWindows(), "named pipes are no files there");
        using var directory = new TemporaryDirectory();
        // One for each: a reader that was given up takes what is written later.
        await Command.RunAsync("mkfifo", directory["silent"], directory["pipe"]);

        var silent = Assert.Throws<IOException>(() => SettingsFile.Read(directory["silent"], TimeSpan.FromMilliseconds(50)));
        await File.WriteAllTextAsync(directory["silent"], "so that its reader ends");
        var reading = Task.Run(() => SettingsFile.Read(directory["pipe"]));
        await File.WriteAllTextAsync(directory["pipe"], "tinykv.store.id = 1");

        Assert.Equal("it has not come to its end within 0.05 s; is it a pipe that nobody writes to?", silent.Message);
        Assert.Equal("tinykv.store.id = 1", await reading);
    }
}
