using TinyKv.Core.Regions;

namespace TinyKv.Core.Storage;

/// <summary>Puts the writes of a request into a batch of the engine.</summary>
public static class BatchWriter
{
    /// <summary>Adds the writes, in their order; ranges are cut to the region.</summary>
    public static void Write(IWriteBatch batch, IReadOnlyList<Modify> writes, Region region)
    {
        foreach (var write in writes)
        {
            switch (write)
            {
                case Modify.Put put: batch.Put(put.Family, put.Key.Span, put.Value.Span); break;
                case Modify.DeleteRange(var family, var range):
                    batch.DeleteRange(family, range.Intersect(region.Range));
                    break;
                default: batch.Delete(write.Family, write.Key.Span); break;
            }
        }
    }
}
