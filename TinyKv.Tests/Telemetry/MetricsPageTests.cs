using System.Text.RegularExpressions;
using TinyKv.Protocol.Telemetry;
using TinyKv.Tests.Architecture;

namespace TinyKv.Tests.Telemetry;

public sealed partial class MetricsPageTests
{
    [Fact]
    public void The_page_lists_exactly_the_instruments_that_exist()
    {
        var rows = Row().Matches(Repository.Read("docs/metrics.md"))
            .Select(row => (row.Groups[1].Value, row.Groups[2].Value, row.Groups[3].Value));
        var instruments = Instruments.All.Select(instrument =>
            (instrument.Name, Instruments.KindOf(instrument), instrument.Unit ?? ""));

        Assert.Equal(instruments.Order(), rows.Order());
    }

    [Fact]
    public void Every_instrument_belongs_to_the_one_meter_and_says_what_it_means() =>
        Assert.All(Instruments.All, instrument =>
        {
            Assert.Same(TinyKvTelemetry.Meter, instrument.Meter);
            Assert.False(string.IsNullOrEmpty(instrument.Description));
        });

    [GeneratedRegex(@"^\| `(tinykv\.[\w.]+)` \| (\w+) \| `([^`]+)` \| .+ \|$", RegexOptions.Multiline, 5000)]
    private static partial Regex Row();
}
