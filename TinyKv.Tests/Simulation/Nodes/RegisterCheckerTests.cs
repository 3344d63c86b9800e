namespace TinyKv.Tests.Simulation.Nodes;

public sealed class RegisterCheckerTests
{
    private readonly List<Operation> _history = [];

    [Fact]
    public void A_read_of_the_last_write_is_right()
    {
        Put("a", 1, 2);
        Put("b", 3, 4);
        Get("b", 5, 6);
        Accept();
    }

    [Fact]
    public void A_read_of_an_overwritten_value_is_wrong()
    {
        Put("a", 1, 2);
        Put("b", 3, 4);
        Get("a", 5, 6);
        Refuse();
    }

    [Fact]
    public void Overlapping_writes_may_happen_in_either_order_but_only_in_one()
    {
        Put("a", 1, 10);
        Put("b", 1, 10);
        Get("a", 11, 12);
        Accept();
        Get("b", 13, 14);
        Refuse();
    }

    [Fact]
    public void What_one_read_has_seen_the_next_can_not_miss()
    {
        Put("a", 1, 2);
        Put("b", 3, 20);
        Get("b", 4, 5);
        Accept();
        Get("a", 6, 7);
        Refuse();
    }

    [Fact]
    public void A_write_of_unknown_outcome_may_show_late_or_never()
    {
        Put("a", 1, 2);
        Put("b", 3, null);
        Get("a", 4, 5);
        Accept();
        Get("b", 100, 101);
        Accept();
        Get("a", 102, 103);
        Refuse();
    }

    [Fact]
    public void A_deletion_of_unknown_outcome_may_show_late_or_never()
    {
        Put("a", 1, 2);
        Delete(3, null);
        Get("a", 4, 5);
        Accept();
        Get(null, 100, 101);
        Accept();
        Get("a", 102, 103);
        Refuse();
    }

    [Fact]
    public void A_value_that_nobody_wrote_is_wrong()
    {
        Get(null, 1, 2);
        Accept();
        Get("x", 3, 4);
        Refuse();
    }

    [Fact]
    public void A_long_history_with_many_clients_is_judged()
    {
        for (var i = 0; i < 100; i++)
        {
            Put($"v{i}", i * 10, i * 10 + 45);
            Get($"v{i}", i * 10 + 20, i * 10 + 46);
        }
        Accept();
        Get("v3", 5000, 5001);
        Refuse();
    }

    private void Put(string value, long invoked, long? returned) => Add(OperationKind.Put, value, invoked, returned);

    private void Delete(long invoked, long? returned) => Add(OperationKind.Delete, null, invoked, returned);

    private void Get(string? value, long invoked, long? returned) => Add(OperationKind.Get, value, invoked, returned);

    private void Add(OperationKind kind, string? value, long invoked, long? returned)
    {
        var operation = new Operation("k", kind, kind == OperationKind.Get ? null : value, invoked);
        if (returned is { } at) operation.Return(at, value);
        _history.Add(operation);
    }

    private void Accept() => Assert.Null(RegisterChecker.Anomaly(_history));

    private void Refuse() => Assert.NotNull(RegisterChecker.Anomaly(_history));
}
