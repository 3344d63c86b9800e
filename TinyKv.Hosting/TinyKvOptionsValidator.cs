using Microsoft.Extensions.Options;
using TinyKv.Actors.Node.Settings;
using TinyKv.Core;
using TinyKv.Server.Settings;

namespace TinyKv.Hosting;

/// <summary>Refuses options that no store can be started with, by the names of the properties or of the HOCON keys.</summary>
internal sealed class TinyKvOptionsValidator : IValidateOptions<TinyKvOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, TinyKvOptions options)
    {
        var wrong = Invalid(options).Select(what => $"{nameof(TinyKvOptions)}.{what}").ToList();
        return wrong.Count > 0 ? ValidateOptionsResult.Fail(wrong) : ValidateSettings(options);
    }

    private static IEnumerable<string> Invalid(TinyKvOptions options)
    {
        if (options.Join.Count == 0 && string.IsNullOrWhiteSpace(options.ClusterName))
            yield return $"{nameof(options.ClusterName)} is empty; the cluster needs a name that no other has";
        if (string.IsNullOrWhiteSpace(options.DataDirectory))
            yield return $"{nameof(options.DataDirectory)} is empty; the store needs a directory of its own";
        if (options.Join.Count > 0)
        {
            if (options.Stores.Count > 0)
                yield return $"{nameof(options.Join)} is set, and so is {nameof(options.Stores)}; a store either forms a cluster "
                    + "with others or joins one";
            if (options.StoreId != 0)
                yield return $"{nameof(options.StoreId)} is {options.StoreId}, but a store that joins gets its number from the "
                    + "cluster";
        }
        else if (options.Stores.Count == 0)
            yield return $"{nameof(options.Stores)} is empty; it must list all stores of the cluster, this one included";
        else if (options.Stores.All(store => store.Id != options.StoreId))
            yield return $"{nameof(options.StoreId)} is {options.StoreId}, but {nameof(options.Stores)} lists only " +
                string.Join(", ", options.Stores.Select(store => store.Id));
    }

    private static ValidateOptionsResult ValidateSettings(TinyKvOptions options)
    {
        try
        {
            var config = StoreConfig.Of(options);
            config.Read(SettingsReader.Read);
            config.Read(ServerSettings.Read);
            return ValidateOptionsResult.Success;
        }
        catch (TinyKvException e)
        {
            return ValidateOptionsResult.Fail(e.Message);
        }
    }
}
