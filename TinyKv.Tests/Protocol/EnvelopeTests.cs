using CsCheck;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Tests.Protocol;

public sealed class EnvelopeTests
{
    private const int KeyBytes = 1_200;

    [Fact]
    public void An_envelope_comes_back_as_it_was()
    {
        RawGens.Requests.Sample(envelope =>
            Assert.Equal(envelope, RequestEnvelope.Parser.ParseFrom(envelope.ToByteArray())));
        RawGens.Replies.Sample(envelope =>
            Assert.Equal(envelope, ReplyEnvelope.Parser.ParseFrom(envelope.ToByteArray())));
    }

    [Fact]
    public void What_is_put_under_a_number_is_found_there()
    {
        RawGens.Request.Sample(request => Assert.Same(request, NumberedRequest.Of(7, request).Inner));
        RawGens.Reply.Sample(reply => Assert.Same(reply, NumberedReply.Of(7, reply).Inner));
        Assert.Null(new NumberedRequest { Number = 7, Cancel = new Cancel() }.Inner);
        Assert.Null(new NumberedRequest { Number = 7 }.Inner);
        Assert.Null(new NumberedReply { Number = 7, Failure = new Failure { Code = 12 } }.Inner);
    }

    // A kind that is added to the protocol alone would be refused as unknown, or not be answered.
    [Fact]
    public void Each_kind_of_request_has_a_field_of_its_own_and_a_reply()
    {
        var kinds = NumberedRequest.Descriptor.Oneofs.Single().Fields
            .Where(field => field.MessageType != Cancel.Descriptor).ToList();
        Assert.Equal(10, kinds.Count);
        Assert.All(kinds, kind =>
        {
            var request = (IRoutedRequest)Empty(kind);
            var numbered = NumberedRequest.Of(7, request);
            Assert.Same(request, kind.Accessor.GetValue(numbered));
            var reply = request.NewReply();
            Assert.Same(reply, NumberedReply.Of(7, reply).Inner);
        });
    }

    [Fact]
    public void Each_kind_of_reply_has_a_field_of_its_own() => Assert.All(
        NumberedReply.Descriptor.Oneofs.Single().Fields.Where(field => field.MessageType != Failure.Descriptor),
        kind =>
        {
            var reply = (IRawReply)Empty(kind);
            Assert.Same(reply, kind.Accessor.GetValue(NumberedReply.Of(7, reply)));
        });

    [Fact]
    public void A_message_is_full_at_1_mib_and_holds_one_larger_request()
    {
        var (packer, envelope) = (new EnvelopePacker(), new RequestEnvelope());
        while (packer.TryAdd(Next().CalculateSize())) envelope.Requests.Add(Next());
        Assert.Equal(envelope.CalculateSize(), packer.Bytes);
        Assert.InRange(packer.Bytes, EnvelopeLimits.MaxBytes - (KeyBytes + 20), EnvelopeLimits.MaxBytes);

        var alone = new EnvelopePacker();
        Assert.True(alone.TryAdd(16 * EnvelopeLimits.MaxBytes));
        Assert.False(alone.TryAdd(1));

        NumberedRequest Next() => NumberedRequest.Of(
            (ulong)envelope.Requests.Count, new GetRequest { Key = ByteString.CopyFrom(new byte[KeyBytes]) });
    }

    [Fact]
    public void A_message_is_full_at_1024_requests()
    {
        var packer = new EnvelopePacker();
        for (var i = 0; i < EnvelopeLimits.MaxRequests; i++) Assert.True(packer.TryAdd(2));
        Assert.False(packer.TryAdd(2));
        Assert.Equal(1024, packer.Count);
    }

    private static IMessage Empty(FieldDescriptor field) => field.MessageType.Parser.ParseFrom(ByteString.Empty);
}
