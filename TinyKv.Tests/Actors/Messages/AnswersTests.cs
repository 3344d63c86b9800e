using Akka.TestKit.Xunit2;
using TinyKv.Actors.Messages;

namespace TinyKv.Tests.Actors.Messages;

public sealed class AnswersTests() : TestKit("akka.loglevel = OFF")
{
    private readonly Answers _answers = new();

    [Fact]
    public void Those_who_asked_together_are_told_together()
    {
        var (one, other) = (new Together(Sys), new Together(Sys));
        var (a, b, c) = (one.Member(), other.Member(), one.Member());

        _answers.Tell(a, "1");
        _answers.Tell(b, "2");
        _answers.Tell(c, "3");
        Assert.Empty(one.Deliveries());
        _answers.Deliver();

        Assert.Equal([(a, "1"), (c, "3")], Assert.Single(one.Deliveries()));
        Assert.Equal([(b, (object)"2")], Assert.Single(other.Deliveries()));
        _answers.Deliver();
        Assert.Empty(one.Deliveries());
    }

    [Fact]
    public async Task Whoever_asked_alone_is_told_at_once()
    {
        _answers.Tell(TestActor, "1");
        await ExpectMsgAsync("1");
    }

    [Fact]
    public void One_of_those_who_asked_together_may_be_told_alone()
    {
        var group = new Together(Sys);
        var asker = group.Member();

        asker.Tell("1", TestActor);

        Assert.Equal([(asker, (object)"1")], Assert.Single(group.Deliveries()));
    }

    [Fact]
    public void What_several_threads_answer_at_the_same_time_is_neither_lost_nor_told_twice()
    {
        const int Threads = 4, Turns = 500, PerTurn = 3;
        var group = new Together(Sys);

        Parallel.For(0, Threads, new ParallelOptions { MaxDegreeOfParallelism = Threads }, thread =>
        {
            var answers = new Answers();
            for (var turn = 0; turn < Turns; turn++)
            {
                for (var i = 0; i < PerTurn; i++) answers.Tell(group.Member(), (thread, turn, i));
                answers.Deliver();
            }
        });

        var told = group.Deliveries().SelectMany(delivery => delivery).Select(each => each.Answer).ToList();
        Assert.Equal(Threads * Turns * PerTurn, told.Count);
        Assert.Equal(told.Count, told.Distinct().Count());
    }
}
