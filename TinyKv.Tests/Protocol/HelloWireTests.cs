using TinyKv.Core.Regions;
using TinyKv.Core.Stores;
using TinyKv.Protocol;
using TinyKv.Protocol.Stores;
using TinyKv.Tests.Core.Stores;

namespace TinyKv.Tests.Protocol;

/// <summary>Strangers introduce themselves as well: what they make a store hold and log is bounded.</summary>
public sealed class HelloWireTests
{
    private static readonly StoreHello Hello = Met.Three()[1].HelloTo(new StoreId(1));

    [Fact]
    public void The_numbers_of_stores_and_starts_are_bounded()
    {
        var stores = HelloWire.ToWire(Hello);
        while (stores.InitialStores.Count <= HelloWire.MaxInitialStores)
            stores.InitialStores.Add(100 + (ulong)stores.InitialStores.Count);
        var starts = HelloWire.ToWire(Hello);
        while (starts.Earlier.Count <= HelloWire.MaxEarlier) starts.Earlier.Add(7);

        Assert.Throws<MalformedMessageException>(() => HelloWire.FromWire(stores));
        Assert.Throws<MalformedMessageException>(() => HelloWire.FromWire(starts));
        stores.InitialStores.RemoveAt(0);
        starts.Earlier.RemoveAt(0);
        HelloWire.FromWire(stores);
        HelloWire.FromWire(starts);
    }

    [Fact]
    public void A_store_that_was_started_too_often_names_its_last_starts()
    {
        var wire = HelloWire.ToWire(Hello with { Earlier = [1, .. Enumerable.Repeat(2UL, HelloWire.MaxEarlier - 1), 3] });

        var read = HelloWire.FromWire(wire).Earlier;

        Assert.Equal((HelloWire.MaxEarlier, 2UL, 3UL), (read.Length, read[0], read[^1]));
    }

    [Fact]
    public void What_others_say_stays_on_its_line_and_is_bounded()
    {
        var hello = HelloWire.ToWire(Hello);
        hello.Ending = $"it ends\nERROR all is lost\u001b[31m{new string('!', 5000)}";
        var reply = HelloWire.ToWire(7, new StoreId(2), new StoreHelloReply(
            new StoreId(1), 1, new DirectoryId(1), 1, new StoreRefusal(RefusalKind.Directory, "for me")));
        reply.Reason = hello.Ending;

        var ending = HelloWire.FromWire(hello).Ending;

        Assert.StartsWith("it ends?ERROR all is lost?[31m!!!", ending, StringComparison.Ordinal);
        Assert.Equal((1003, "!..."), (ending.Length, ending[^4..]));
        Assert.Equal(ending, HelloWire.FromWire(reply).Refusal!.Text);
    }

    [Fact]
    public void A_long_list_of_stores_is_shown_in_part()
    {
        Assert.Equal("[1, 2, 3]", Acceptance.Show(Met.Ids(1, 2, 3)));
        Assert.EndsWith("19, 20, ... 980 more]",
            Acceptance.Show([.. Enumerable.Range(1, 1000).Select(id => new StoreId((ulong)id))]), StringComparison.Ordinal);
    }
}
