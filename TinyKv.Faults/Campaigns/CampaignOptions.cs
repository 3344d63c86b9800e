namespace TinyKv.Faults.Campaigns;

/// <summary>What a campaign is to do.</summary>
internal sealed record CampaignOptions
{
    /// <summary>The assembly of <c>tinykv</c>.</summary>
    public required string Program { get; init; }

    /// <summary>Where the stores' files go; removed at the end of a good run.</summary>
    public required string Directory { get; init; }

    /// <summary>rocksdb or sqlite.</summary>
    public required string Journal { get; init; }

    /// <summary>Which faults are done.</summary>
    public required IReadOnlyList<Fault> Kinds { get; init; }

    /// <summary>Decides the faults and what the clients call.</summary>
    public required int Seed { get; init; }

    /// <summary>Continues until so many processes have been killed.</summary>
    public int Kills { get; init; }

    /// <summary>Runs for so long.</summary>
    public TimeSpan Time { get; init; }

    /// <summary>The longest SIGSTOP.</summary>
    public TimeSpan LongestPause { get; init; }

    /// <summary>How soon everything must be well again after a fault.</summary>
    public TimeSpan Bound { get; init; }

    /// <summary>The longest time without an answered write while a majority runs.</summary>
    public TimeSpan PauseBound { get; init; }

    /// <summary>How many clients.</summary>
    public int Clients { get; init; }
}
