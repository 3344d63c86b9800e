using System.Diagnostics;
using TinyKv.Core.Keys;
using TinyKv.Core.Storage;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Telemetry;

[Trait("lane", "slow")]
public sealed class WriteSpansTests : IDisposable
{
    private static readonly string[] Steps = ["tinykv.apply", "tinykv.commit", "tinykv.journal", "tinykv.replicate"];

    private readonly ActivityTraceId _trace = ActivityTraceId.CreateRandom();
    private readonly SpanRecorder _spans;

    public WriteSpansTests() => _spans = new SpanRecorder([_trace]);

    public void Dispose() => _spans.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_write_is_traced_from_its_caller_to_its_application(int stores)
    {
        await using var cluster = new TestCluster(stores);
        // With a real election timeout, and a leader: on a busy machine every change of leader costs seconds.
        await cluster.StartAllAsync("tinykv.raft.tick-interval = 100ms");
        await cluster.PutAsync("a", [1]);
        using var caller = Caller();

        // A write that a change of leader has overtaken leaves no more than its own span.
        var apply = await Eventually.Async(async () =>
        {
            await cluster.PutAsync("a", [1]);
            return _spans.Ended.FirstOrDefault(span => span.OperationName == "tinykv.apply");
        });

        var spans = _spans.Ended.ToList();
        var write = spans.Single(span => span.SpanId == apply.ParentSpanId);
        Assert.Equal("tinykv.propose", write.OperationName);
        Assert.Equal(caller.SpanId, write.ParentSpanId);
        var steps = spans.Where(span => span.ParentSpanId == write.SpanId).ToList();
        Assert.Equal(Steps, steps.Select(span => span.OperationName).Order(StringComparer.Ordinal));
        Assert.All(steps, step => Assert.True(step.StartTimeUtc >= write.StartTimeUtc));
        Assert.All(steps, step => Assert.Equal(apply.GetTagItem("tinykv.index"), step.GetTagItem("tinykv.index")));
    }

    [Fact]
    public async Task A_refused_write_is_a_span_that_failed()
    {
        await using var cluster = new TestCluster(3);
        var alone = await cluster.StartAsync(1);
        using var caller = Caller();

        var refusal = await alone.Storage.WriteAsync(
            TestCluster.ContextOf(alone), [new Modify.Delete(ColumnFamily.Default, new byte[] { 1 })], Timeouts.Long);

        Assert.NotNull(refusal);
        var write = Assert.Single(_spans.Ended);
        Assert.Equal(("tinykv.propose", ActivityStatusCode.Error), (write.OperationName, write.Status));
        Assert.Equal(refusal.Message, write.StatusDescription);
    }

    private Activity Caller() => new Activity("caller")
        .SetIdFormat(ActivityIdFormat.W3C).SetParentId(_trace, ActivitySpanId.CreateRandom()).Start();
}
