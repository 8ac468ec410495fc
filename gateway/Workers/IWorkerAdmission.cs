namespace Marketplace.Gateway;

/// <summary>Which workers of other machines are let in where the operator has decided nothing of them one by one.</summary>
public interface IWorkerAdmission
{
    /// <summary>Only workers that the operator knows; else any.</summary>
    bool IsForKnownOnly { get; }

    /// <summary>Whether a worker that has proved its key may work here.</summary>
    bool LetsIn(WorkerId worker);
}
