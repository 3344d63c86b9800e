using TinyKv.Host.Cli;
using TinyKv.Host.Server;

var code = await CommandLine.RunAsync(args);
// What is left, exit handlers and destructors, may be held up as the store was.
ExitDeadline.Arm(ExitDeadline.AfterMain, code);
ProcessOutput.Drain(ProcessOutput.LastWords);
return code;
