using Marketplace.Gateway;
using Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>Long answers make their groups in turns, account by account, and none keeps a turn for long.</summary>
public sealed class AnswerTurnsTests
{
    private static readonly AccountId One = GatewayFixture.Alice;
    private static readonly AccountId Other = GatewayFixture.Mallory;

    private readonly ManualTime _time = new();

    [Fact]
    public async Task TurnsAreBounded_AndGoToTheNext_WhenOneEnds()
    {
        var turns = new AnswerTurns(_time);
        var held = await TakeAll(turns);
        var next = Take(turns, One);
        Assert.False(next.IsCompleted);

        held[0].Dispose();
        held[0].Dispose();

        (await next).Dispose();
        var last = await Take(turns, One);
        Assert.False(Take(turns, One).IsCompleted);
        last.Dispose();
    }

    [Fact]
    public async Task AccountWithManyAnswers_DoesNotStandBeforeOneWithFew()
    {
        var turns = new AnswerTurns(_time);
        var held = await TakeAll(turns);
        var many = Enumerable.Range(0, 3).Select(_ => Take(turns, One)).ToArray();
        var few = Take(turns, Other);

        held[0].Dispose();
        (await many[0]).Dispose();
        (await few).Dispose();

        (await many[1]).Dispose();
        (await many[2]).Dispose();
    }

    [Fact]
    public async Task TurnOfAGroupThatHangs_GoesToTheNext_AndIsGivenBackOnce()
    {
        var turns = new AnswerTurns(_time);
        var hanging = await TakeAll(turns);
        Assert.DoesNotContain(hanging, turn => turn.HasEnded);

        _time.Advance(GatewayPolicy.AnswerTurnMax);
        Assert.All(hanging, turn => Assert.True(turn.HasEnded));
        await TakeAll(turns);
        foreach (var turn in hanging)
        {
            turn.Dispose();
        }

        Assert.False(Take(turns, One).IsCompleted);
    }

    [Fact]
    public async Task AnswerThatLeavesTheQueue_TakesNoTurn()
    {
        var turns = new AnswerTurns(_time);
        var held = await TakeAll(turns);
        using var leaves = new CancellationTokenSource();
        var waiting = turns.Take(One, leaves.Token).AsTask();

        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        held[0].Dispose();

        Assert.True(Take(turns, One).IsCompletedSuccessfully);
    }

    private static async Task<IReadOnlyList<AnswerTurn>> TakeAll(AnswerTurns turns)
    {
        var held = new List<AnswerTurn>();
        for (var turn = 0; turn < AnswerTurns.Count; turn++)
        {
            held.Add(await Take(turns, One));
        }
        return held;
    }

    private static Task<AnswerTurn> Take(AnswerTurns turns, AccountId account) =>
        turns.Take(account, TestContext.Current.CancellationToken).AsTask();
}
