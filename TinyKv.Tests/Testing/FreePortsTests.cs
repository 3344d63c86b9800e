using System.Net;
using System.Net.Sockets;
using TinyKv.Testing;

namespace TinyKv.Tests.Testing;

public sealed class FreePortsTests
{
    [Fact]
    public void No_port_is_given_to_two_tests_that_choose_at_once()
    {
        var ports = Enumerable.Range(0, 200).AsParallel().WithDegreeOfParallelism(8)
            .SelectMany(i => Enumerable.Range(FreePorts.TakeRange(i % 3 + 1), i % 3 + 1)).ToList();

        Assert.Equal(ports.Count, ports.Distinct().Count());
        // Those from there on the system gives to connections.
        Assert.All(ports, port => Assert.InRange(port, 1024, 32_767));
    }

    [Fact]
    public void A_port_on_which_somebody_listens_is_passed_over()
    {
        using var listener = new TcpListener(IPAddress.Loopback, FreePorts.Take());
        listener.Start();
        var taken = ((IPEndPoint)listener.LocalEndpoint).Port;

        // Once round, and more.
        for (var i = 0; i < 200; i++)
        {
            var first = FreePorts.TakeRange(64);
            Assert.False(taken >= first && taken < first + 64, $"{first} to {first + 63} hold {taken}");
        }
    }

    [Fact]
    public void None_and_fewer_ports_are_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => FreePorts.TakeRange(0));
}
