using System.Diagnostics;

namespace TinyKv.Testing.Processes;

/// <summary>
/// Lets any program end with this process, as stores do by <c>--exit-with-parent</c>: beside it runs a shell that reads
/// its standard input, and kills it when that ends. The kernel's signal for a parent's death would come when the thread
/// ends that started the program, which in a pool of threads may be at any time.
/// </summary>
internal static class ParentGuard
{
    // The program takes the place of the shell, so that it has the process id that was started. The other shell kills it
    // only while it is still its parent: the id may be somebody else's by then.
    private const string Script = """
        exec 3<&0
        {
          read -r end <&3
          read -r own name state parent rest < /proc/self/stat
          [ "$parent" = $$ ] && kill -9 $$
        } > /dev/null 2>&1 &
        exec "$@" 3<&- < /dev/null
        """;

    /// <summary>How to start a program so.</summary>
    public static ProcessStartInfo Of(params IEnumerable<string> words) => new("/bin/sh", ["-c", Script, "sh", .. words]);
}
