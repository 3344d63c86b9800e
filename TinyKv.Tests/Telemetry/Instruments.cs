using System.Diagnostics.Metrics;
using System.Reflection;
using TinyKv.Actors.Node;
using TinyKv.Persistence;
using TinyKv.Server.StatusPages;

namespace TinyKv.Tests.Telemetry;

/// <summary>Every instrument that the product publishes; they are all static fields.</summary>
internal static class Instruments
{
    public static IReadOnlyList<Instrument> All { get; } =
    [
        .. from assembly in new[] { typeof(StoreNode).Assembly, typeof(DataDirectory).Assembly, typeof(StatusPort).Assembly }
           from type in assembly.GetTypes()
           where !type.ContainsGenericParameters
           from field in type.GetFields(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)
           where field.FieldType.IsAssignableTo(typeof(Instrument))
           select (Instrument)field.GetValue(null)!,
    ];

    /// <summary>counter, histogram or gauge.</summary>
    public static string KindOf(Instrument instrument) => instrument.GetType().Name.Split('`')[0].ToLowerInvariant();
}
