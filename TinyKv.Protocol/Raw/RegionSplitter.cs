using Google.Protobuf;
using TinyKv.Core.Keys;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Protocol.Raw;

/// <summary>
/// Batches and range deletions for keys of several regions: cuts them into parts of one region each, and puts the replies
/// together. The same for clients and for the gateways of the stores. Scans need no cutting: their pages end with a region.
/// </summary>
public static class RegionSplitter
{
    /// <summary>Whether a request begins in a region and is for keys of others, too.</summary>
    public static bool Spans(IRoutedRequest request, KeyRange region) => request switch
    {
        IBatchRequest batch => region != KeyRange.All && Leaves(batch, region),
        DeleteRangeRequest deletion => region.IsBounded && region.Contains(deletion.StartKey.Span)
            && (deletion.EndKey.IsEmpty || deletion.EndKey.Span.SequenceCompareTo(region.End.Span) > 0),
        _ => false,
    };

    /// <summary>
    /// Cuts a request into parts of one region each; one more is what lies in no region that is known, to be cut when that is
    /// found.
    /// </summary>
    /// <param name="part">The request, or a part of it, which <see cref="Spans"/> the first region.</param>
    /// <param name="first">The region that it begins in.</param>
    /// <param name="known">The other regions, as far as they are known.</param>
    public static IReadOnlyList<RequestPart> Cut(RequestPart part, Region first, RegionMap<LocatedRegion> known) =>
        part.Request switch
        {
            IBatchRequest batch => Cut(batch, part.Items, first, known),
            DeleteRangeRequest deletion => [.. Cut(deletion, first, known)],
            var request => throw new ArgumentException($"{request.GetType()} is for keys of one region", nameof(part)),
        };

    /// <summary>The reply to a request all parts of which were done.</summary>
    /// <param name="request">The whole request.</param>
    /// <param name="parts">Its parts, with their replies.</param>
    public static IRawReply Join(IRoutedRequest request, IReadOnlyList<PartEnd> parts)
    {
        var whole = request.NewReply();
        if (whole is not BatchGetResponse found) return whole;
        var values = new MaybeValue[((IBatchRequest)request).Count];
        foreach (var (part, reply) in parts.Select(end => (end.Part, (BatchGetResponse)end.Reply!)))
            for (var i = 0; i < reply.Values.Count; i++) values[part.Items![i]] = reply.Values[i];
        found.Values.AddRange(values);
        return found;
    }

    private static bool Leaves(IBatchRequest batch, KeyRange region)
    {
        if (batch.Count == 0 || !region.Contains(batch.KeyAt(0).Span)) return false;
        for (var i = 1; i < batch.Count; i++)
            if (!region.Contains(batch.KeyAt(i).Span)) return true;
        return false;
    }

    // Equal keys stay in one part, in their order.
    private static IReadOnlyList<RequestPart> Cut(
        IBatchRequest batch, IReadOnlyList<int>? items, Region first, RegionMap<LocatedRegion> known)
    {
        Region? last = null;
        return [.. Enumerable.Range(0, batch.Count).GroupBy(RegionOf, ReferenceEqualityComparer.Instance).Select(places =>
            new RequestPart(batch.Only(places), [.. items is null ? places : places.Select(place => items[place])]))];

        Region? RegionOf(int place)
        {
            var key = batch.KeyAt(place);
            if (first.Range.Contains(key.Span)) return first;
            if (last is null || !last.Range.Contains(key.Span)) last = known.Find(key.Memory)?.Region;
            return last;
        }
    }

    private static IEnumerable<RequestPart> Cut(DeleteRangeRequest deletion, Region first, RegionMap<LocatedRegion> known)
    {
        var rest = new KeyRange(deletion.StartKey.Memory, deletion.EndKey.Memory);
        for (Region? region = first; ; region = known.Find(rest.Start)?.Region)
        {
            var range = region is null ? rest : rest.Intersect(region.Range);
            yield return new RequestPart(new DeleteRangeRequest
            {
                StartKey = UnsafeByteOperations.UnsafeWrap(range.Start),
                EndKey = UnsafeByteOperations.UnsafeWrap(range.End),
                Cf = deletion.Cf,
            });
            if (range.End.Span.SequenceEqual(rest.End.Span)) yield break;
            rest = rest with { Start = range.End };
        }
    }
}
