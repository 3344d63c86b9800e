using CsCheck;
using TinyKv.Core.Raft;

namespace TinyKv.Tests.Core.Raft;

public sealed class InflightsTests
{
    [Fact]
    public void The_window_is_bounded_in_appends()
    {
        var inflights = new Inflights(maxAppends: 2, maxBytes: 100);
        inflights.Add(1, 1);
        Assert.True(inflights.HasRoomFor(1));
        inflights.Add(2, 1);
        Assert.False(inflights.HasRoomFor(1));
    }

    [Fact]
    public void The_window_is_bounded_in_bytes()
    {
        var inflights = new Inflights(maxAppends: 10, maxBytes: 100);
        inflights.Add(1, 60);
        Assert.True(inflights.HasRoomFor(40));
        Assert.False(inflights.HasRoomFor(41));
        Assert.Equal(40, inflights.RoomBytes);
    }

    [Fact]
    public void One_append_always_fits()
    {
        var inflights = new Inflights(maxAppends: 1, maxBytes: 10);
        Assert.True(inflights.HasRoomFor(1000));
        inflights.Add(1, 1000);
        Assert.False(inflights.HasRoomFor(0));
        Assert.Equal(0, inflights.RoomBytes);
    }

    [Fact]
    public void Room_is_what_is_neither_acknowledged_nor_forgotten() =>
        Gen.Select(Gen.Long[0, 9].Array[0, 12], Gen.Int[0, 13]).Sample((sizes, acknowledged) =>
        {
            var inflights = new Inflights(maxAppends: 12, maxBytes: long.MaxValue);
            for (var i = 0; i < sizes.Length; i++) inflights.Add(i + 1, sizes[i]);

            inflights.FreeThrough(acknowledged);

            Assert.Equal(Math.Max(0, sizes.Length - acknowledged), inflights.Count);
            Assert.Equal(sizes.Skip(acknowledged).Sum(), inflights.Bytes);
            inflights.Clear();
            Assert.Equal((0, 0L), (inflights.Count, inflights.Bytes));
        });
}
