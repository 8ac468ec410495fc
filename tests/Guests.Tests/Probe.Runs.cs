using Marketplace.Engine.Guests;

namespace Marketplace.Guests.Tests;

/// <summary>Runs of the script on the engine alone.</summary>
internal sealed partial class Probe
{
    public GuestResult RunAsOnvm(GuestInvocation? invocation = null) =>
        Guest.RunFixture("probe", (invocation ?? Guest.Invocation()) with { Input = Script() });

    public GuestResult RunAsCommand(GuestInvocation? invocation = null) =>
        Guest.RunFixture(
            "probe_command",
            (invocation ?? Guest.Invocation()) with
            {
                Arguments = [Convert.ToHexStringLower(Script()), .. invocation?.Arguments ?? []],
            }
        );

    /// <summary>The answers of a run that completed, one for each call and peek.</summary>
    public Answer[] AnswersOf(GuestResult result)
    {
        result.MustEndAs(GuestOutcome.Completed);
        var answers = new List<Answer>();
        var at = 0;
        foreach (var size in _answerSizes)
        {
            answers.Add(new Answer(result.Output.Slice(at, size).ToArray()));
            at += size;
        }

        Assert.Equal(result.Output.Length, at);
        return [.. answers];
    }

    public Answer[] OnvmAnswers(GuestInvocation? invocation = null) => AnswersOf(RunAsOnvm(invocation));

    public Answer[] CommandAnswers(GuestInvocation? invocation = null) => AnswersOf(RunAsCommand(invocation));
}
