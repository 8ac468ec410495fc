using Marketplace.Testing;

[assembly: AssemblyFixture(typeof(PostgresFixture))]
