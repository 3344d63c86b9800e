using TinyKv.Core.Regions;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Protocol.Raw;

/// <summary>Which region a request belongs to.</summary>
public static class RoutedRequests
{
    /// <summary>The region that a request begins in; null when it is not known.</summary>
    public static T? Find<T>(this RegionMap<T> regions, IRoutedRequest request) where T : class, IRegionEntry
    {
        var key = request.RoutingKey.Memory;
        return request is ScanRequest { Reverse: true } ? regions.FindBelow(key) : regions.Find(key);
    }
}
