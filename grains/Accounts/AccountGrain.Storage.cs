using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// Silos of builds before <see cref="IStorageQuotaGrain"/> call these methods, which pass the calls on. Delete them when no such silo runs.
/// </summary>
public sealed partial class AccountGrain
{
    public Task CountBlob(BlobId blob, long size, Authority by) => PassOn(by, quota => quota.CountBlob(blob, size, by));

    public Task DiscountBlob(BlobId blob, Authority by) => PassOn(by, quota => quota.DiscountBlob(blob, by));

    public Task CountModule(ProgramId program, BlobId module, long size, Authority by) =>
        PassOn(by, quota => quota.CountModule(program, module, size, by));

    public Task DiscountModule(ProgramId program, Authority by) => PassOn(by, quota => quota.DiscountModule(program, by));

    public Task<BlobId?> FindModule(ProgramId program) => LostWrites.Resend(() => Quota.FindModule(program));

    private IStorageQuotaGrain Quota => GrainFactory.GetGrain<IStorageQuotaGrain>(_id.ToString());

    private Task PassOn(Authority by, Func<IStorageQuotaGrain, Task> call)
    {
        Authorities.Require(by, Authority.Silo, Authority.Blob, Authority.Program);
        return LostWrites.Resend(() => call(Quota));
    }
}
