using TinyKv.Host.Cli;
using TinyKv.Host.Output;
using TinyKv.Server.Exit;

var code = await CommandLine.RunAsync(args);
// What is left, exit handlers and destructors, may be held up as the store was.
ProcessOutput.Deadline.Arm(ExitDeadline.AfterMain, code);
ProcessOutput.Drain(ProcessOutput.LastWords);
return code;
