namespace Marketplace.Gateway;

/// <summary>Which workers of other machines may work here.</summary>
public interface IWorkerAdmission
{
    /// <returns>Why a worker that has proved its key may not, and what to do; null: it may.</returns>
    string? Refusal(WorkerId worker);
}
