using Marketplace.GrainHost.Turns;

namespace Marketplace.Grains.Tests.Simulation;

/// <summary>
/// The violations of a run, each with its step, and, where the run is repeated to be read, the last steps before the first one.
/// </summary>
/// <param name="isKept">Whether steps are kept: it takes more time than the run.</param>
/// <param name="about">An id or another text: what names it is kept, whatever the violation is about.</param>
internal sealed class SimulatedRunTrail(bool isKept, string? about = null)
{
    public const int ViolationsMax = 20;
    private const int NotesMax = 100;
    private const int StepsMax = 40;

    private readonly Queue<string> _steps = new();
    private readonly List<string> _notes = [];
    private readonly List<string> _violations = [];
    private readonly TaskCompletionSource _broken = new();
    private IReadOnlyList<string>? _before;
    private long _checkedAt;

    public Func<DateTimeOffset> Now { get; set; } = () => default;

    public long Step { get; private set; }

    /// <summary>Ends with the first violation.</summary>
    public Task WhenBroken => _broken.Task;

    public IReadOnlyList<string> Violations => _violations;

    /// <summary>What the first violation is about, since the beginning, and the last steps before it.</summary>
    public IReadOnlyList<string> Before =>
        about is not null ? _notes
        : _violations.Count == 0 ? []
        : [.. NotesOn(_violations[0]), "…", .. _before ?? []];

    public void Took(in TurnStep step)
    {
        Step++;
        if (isKept && step.Kind is TurnStepKind.Ended or TurnStepKind.Activated or TurnStepKind.Deactivated)
        {
            Add($"{step.Kind} {step.Grain} {step.Method} {step.Outcome}");
            if (about is not null)
            {
                AddNote($"{step.Kind} {step.Grain} {step.Method} {step.Outcome}");
            }
        }
    }

    /// <summary>Whether so many steps went by since it was so last.</summary>
    public bool IsCheckDue(long steps)
    {
        var isDue = Step - _checkedAt >= steps;
        _checkedAt = isDue ? Step : _checkedAt;
        return isDue;
    }

    public void Note(FormattableString what)
    {
        if (isKept)
        {
            AddNote(FormattableString.Invariant(what));
        }
    }

    public void Check(bool holds, FormattableString violation)
    {
        if (!holds)
        {
            Violate(FormattableString.Invariant(violation));
        }
    }

    public void Violate(string violation)
    {
        _before ??= [.. _steps];
        _broken.TrySetResult();
        if (_violations.Count < ViolationsMax)
        {
            _violations.Add($"step {Step}, {Now():mm:ss.fff}: {violation}");
        }
    }

    /// <summary>Those that name an id which the violation names.</summary>
    private IEnumerable<string> NotesOn(string violation)
    {
        string[] ids = [.. violation.Split(' ', ':', '/', ',').Where(word => word.Length == Bytes32.TextSize)];
        return _notes.Where(note => ids.Length == 0 || ids.Any(id => note.Contains(id, StringComparison.Ordinal))).TakeLast(NotesMax);
    }

    private void AddNote(string what)
    {
        if (about is null || what.Contains(about, StringComparison.Ordinal))
        {
            _notes.Add($"{Step} {Now():mm:ss.fff} {what}");
        }
    }

    private void Add(string what)
    {
        if (_steps.Count == StepsMax)
        {
            _steps.Dequeue();
        }
        _steps.Enqueue($"{Step} {Now():mm:ss.fff} {what}");
    }
}
