using TinyKv.Actors.Transport.Remoting;

namespace TinyKv.Tests.Actors.Transport.Remoting;

public sealed class SweepsTests : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ManualTime _time = new();
    private readonly Sweeps _sweeps;
    private int _looks;
    private bool _isOwed = true;

    public SweepsTests() => _sweeps = new Sweeps(_time, Pause, () =>
    {
        _looks++;
        return _isOwed;
    });

    public void Dispose() => _sweeps.Dispose();

    [Fact]
    public void Nobody_looks_until_there_is_something_to_look_at()
    {
        _time.Pass(Pause);
        Assert.Equal((0, 0), (_looks, _time.Armed));
    }

    [Fact]
    public void One_looks_again_as_long_as_something_is_owed_and_then_no_more()
    {
        _sweeps.Need();
        _sweeps.Need();
        for (var i = 0; i < 3; i++) _time.Pass(Pause);
        Assert.Equal(3, _looks);

        _isOwed = false;
        _time.Pass(Pause);
        Assert.Equal((4, 0), (_looks, _time.Armed));

        _sweeps.Need();
        _time.Pass(Pause);
        Assert.Equal(5, _looks);
    }
}
