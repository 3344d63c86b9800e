using Akka.Configuration;
using TinyKv.Actors.Node;
using TinyKv.Core;

namespace TinyKv.Tests.Actors.Node.Settings;

public sealed class CirclesTests
{
    [Theory]
    [InlineData("tinykv.store.id = 1\ntinykv.store.id = ${tinykv.store.id}", "tinykv.store.id")]
    [InlineData("tinykv.store { id = ${tinykv.store} }", "tinykv.store.id")]
    [InlineData("tinykv.cluster.stores = [ { id = ${tinykv.cluster} } ]", "tinykv.cluster.stores.id")]
    public void A_value_that_leads_to_itself_is_refused_before_it_is_read(string text, string key)
    {
        var refusal = Assert.Throws<SettingException>(() => PreparedStore.Open(ConfigurationFactory.ParseString(text)));

        Assert.Equal(key, refusal.Key);
    }

    [Fact]
    public void One_value_in_two_places_is_no_circle()
    {
        var refusal = Assert.Throws<SettingException>(() => PreparedStore.Open(ConfigurationFactory.ParseString(
            "tinykv.cluster.name = x\ntinykv.store.data-directory = ${tinykv.cluster.name}${tinykv.cluster.name}")));

        Assert.Equal("tinykv.cluster.stores is missing; it has no default", refusal.Message);
    }
}
