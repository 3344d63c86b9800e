namespace TinyKv.Actors.Requests;

/// <summary>Executes calls one by one, for a storage that knows nothing better.</summary>
internal static class SingleCalls
{
    /// <summary>Executes one.</summary>
    public static async Task ExecuteAsync(IStorage storage, StorageCall call, Action<IReadOnlyList<StorageCall>> done)
    {
        try
        {
            await ExecuteAsync(storage, call);
        }
        catch (Exception failure)
        {
            call.Fail(failure);
        }
        done([call]);
    }

    private static async Task ExecuteAsync(IStorage storage, StorageCall call)
    {
        if (call.Batch is null)
        {
            var (reader, refusal) = await storage.ReaderAsync(call.Context, CancellationToken.None);
            using (reader)
            {
                if (reader is null) call.Refuse(refusal!);
                else call.Read(reader);
            }
        }
        else if (call.Condition is { } condition)
        {
            var (outcome, refusal) =
                await storage.WriteIfAsync(call.Context, condition, call.Batch, CancellationToken.None);
            if (outcome is null) call.Refuse(refusal!);
            else call.Written(outcome);
        }
        else if (await storage.WriteAsync(call.Context, call.Batch, CancellationToken.None) is { } refusal)
        {
            call.Refuse(refusal);
        }
        else
        {
            call.Written(null);
        }
    }
}
