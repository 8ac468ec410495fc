namespace Marketplace.Worker.Isolation;

/// <summary>What stands between a guest and the worker's process, beside the engine. RATIONALE.md says what each holds.</summary>
public enum IsolationKind
{
    /// <summary>Nothing: guests run in the worker's process.</summary>
    None = 0,

    /// <summary>
    /// Guests run in children of the worker, which have no keys, no environment and no open files, a limit of memory, and (on x64) no
    /// system call beyond memory, threads and their pipes. Linux only.
    /// </summary>
    Process = 1,

    /// <summary>The same in namespaces of their own, by bubblewrap: no network, a read-only root, no other process to see.</summary>
    Sandbox = 2,
}

/// <summary>Where guests run.</summary>
/// <param name="Why">Why not in a stricter place; empty where none was tried.</param>
public sealed record IsolationChoice(IsolationKind Kind, string Why)
{
    /// <summary>One line for people: <c>process: isolation sandbox needs bubblewrap …</c></summary>
    public override string ToString()
    {
        var kind = Kind.ToString().ToLowerInvariant();
        return Why.Length == 0 ? kind : $"{kind}: {Why}";
    }
}

/// <summary>The isolation that was asked for does not work here; the message says why.</summary>
public sealed class IsolationException(string message) : Exception(message);
