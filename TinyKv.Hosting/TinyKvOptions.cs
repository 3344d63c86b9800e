namespace TinyKv.Hosting;

/// <summary>The store that an application holds. What is not here is set in <see cref="Hocon"/>.</summary>
public sealed class TinyKvOptions
{
    /// <summary>The cluster's name, the same on every store; two clusters must not share one. A store that joins needs
    /// none.</summary>
    public string ClusterName { get; set; } = "";

    /// <summary>Which of <see cref="Stores"/> this process is; 0 for a store that joins.</summary>
    public long StoreId { get; set; }

    /// <summary>Where this store keeps everything. Two stores must not share one.</summary>
    public string DataDirectory { get; set; } = "";

    /// <summary>All stores that form the cluster, the same list on every store; none for a store that joins.</summary>
    public IList<TinyKvStore> Stores { get; } = [];

    /// <summary>Makes this a store that joins a cluster which there is already: host:port of the gRPC port of any of its stores.
    /// Where it is reached itself is set in <see cref="Hocon"/>, under <c>tinykv.store</c>.</summary>
    public IList<string> Join { get; } = [];

    /// <summary>The address that the store's ports are bound to; the loopback address unless set.</summary>
    public string BindHost { get; set; } = "127.0.0.1";

    /// <summary>What holds the Raft log: <c>rocksdb</c>, <c>sqlite</c> or <c>postgresql</c>.</summary>
    public string Journal { get; set; } = "rocksdb";

    /// <summary>
    /// Other settings, as in a configuration file: <c>tinykv.raft.tick-interval = 50ms</c>. What the properties say wins.
    /// </summary>
    public string Hocon { get; set; } = "";
}

/// <summary>A store of the cluster and how it is reached.</summary>
public sealed class TinyKvStore
{
    /// <summary>Its number: from 1 on, never reused.</summary>
    public long Id { get; set; }

    /// <summary>Where the other stores and the clients reach it.</summary>
    public string Host { get; set; } = "127.0.0.1";

    /// <summary>The port of the gRPC services.</summary>
    public int GrpcPort { get; set; } = 20160;

    /// <summary>The port of health, status and metrics.</summary>
    public int StatusPort { get; set; } = 20180;

    /// <summary>The port of Akka remoting.</summary>
    public int RemotingPort { get; set; } = 4053;

    /// <summary>The port on which the other stores say what replicas say to each other.</summary>
    public int RaftPort { get; set; } = 4073;
}
