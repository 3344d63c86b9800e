using Akka.Actor;
using Google.Protobuf;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;

namespace RemoteActors;

/// <summary>Sells apples until none is left; TinyKv keeps count of them.</summary>
internal sealed class Shop : ReceiveActor
{
    private static readonly ByteString Apples = ByteString.CopyFromUtf8("apples");

    private readonly IActorRef _gateway;
    private readonly TaskCompletionSource _closed;

    public Shop(IActorRef gateway, TaskCompletionSource closed)
    {
        (_gateway, _closed) = (gateway, closed);
        Receive<WriteResponse>(reply => Done(reply), _ => Look("two apples are there"));
        Receive<GetResponse>(reply => Done(reply), reply => Sell(int.Parse(reply.Value.Value.ToStringUtf8(), null)));
        Receive<CompareAndSetResponse>(
            reply => Done(reply), reply => Look(reply.Succeeded ? "sold one" : "somebody else took it"));
        // The reply says what was wrong with a request, or why it was refused.
        Receive<IRawReply>(reply => Close($"failed: {reply.Error}{reply.RegionError?.Message}"));
        Receive<ReceiveTimeout>(_ => Close("failed: no answer; whether a write was done is unknown"));
    }

    protected override void PreStart()
    {
        // The gateway answers within its timeout, 5 s by default, whatever happens.
        SetReceiveTimeout(TimeSpan.FromSeconds(10));
        _gateway.Tell(new PutRequest { Key = Apples, Value = Number(2) });
    }

    private void Look(string news)
    {
        Console.WriteLine(news);
        _gateway.Tell(new GetRequest { Key = Apples });
    }

    private void Sell(int left)
    {
        if (left == 0)
        {
            Close("sold out");
            return;
        }
        _gateway.Tell(new CompareAndSetRequest { Key = Apples, Expected = Value(left), Desired = Value(left - 1) });
    }

    private void Close(string news)
    {
        Console.WriteLine(news);
        _closed.TrySetResult();
    }

    private static bool Done(IRawReply reply) => reply is { RegionError: null, Error: "" };

    private static MaybeValue Value(int number) => new() { Found = true, Value = Number(number) };

    private static ByteString Number(int number) => ByteString.CopyFromUtf8($"{number}");
}
