using Akka.Configuration;
using Microsoft.Extensions.Logging;
using TinyKv.Core;
using TinyKv.Server.Logging;
using TinyKv.Server.Settings;

namespace TinyKv.Tests.Server.Settings;

public sealed class ServerSettingsTests
{
    [Fact]
    public void The_defaults_are_these()
    {
        var settings = ServerSettings.Read(ServerConfiguration.Reference);
        Assert.Equal(new ServerSettings
        {
            Log = new LogSettings(LogLevel.Information),
            MaxConnections = 4096,
            MaxConnectionsPerAddress = 1024,
            MaxStreamsPerConnection = 512,
            KeepAliveInterval = TimeSpan.FromSeconds(10),
            KeepAliveTimeout = TimeSpan.FromSeconds(5),
            ShutdownTimeout = TimeSpan.FromSeconds(10),
        }, settings);
    }

    [Theory]
    [InlineData("max-connections = 0", "max-connections is '0', must be a whole number from 1 to 1000000")]
    [InlineData("max-connections = many", "max-connections is 'many'")]
    [InlineData("max-connections = 1.5", "max-connections is '1.5'")]
    [InlineData("keep-alive-interval = 1ms", "keep-alive-interval is '1ms', must be from 1s to 1h")]
    [InlineData("keep-alive-interval = soon", "keep-alive-interval is 'soon'")]
    [InlineData("shutdown-timeout = infinite", "shutdown-timeout is 'infinite'")]
    [InlineData("log-level = LOUD", "log-level is 'LOUD', must be one of DEBUG, INFO, WARNING, ERROR")]
    [InlineData("log-level = \"\"", "log-level is missing")]
    [InlineData("log-format = xml", "log-format is 'xml', must be one of text, json, systemd")]
    public void A_bad_value_is_refused_with_its_key(string setting, string expected)
    {
        var config = ConfigurationFactory.ParseString($"tinykv.server.{setting}")
            .WithFallback(ServerConfiguration.Reference);
        var wrong = Assert.Throws<SettingException>(() => ServerSettings.Read(config));
        Assert.StartsWith(wrong.Key, $"tinykv.server.{setting}", StringComparison.Ordinal);
        Assert.StartsWith($"tinykv.server.{expected}", wrong.Message, StringComparison.Ordinal);
    }
}
