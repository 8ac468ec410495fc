// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PlainToken} from "./PlainToken.sol";

/// @notice Its maker keeps accounts from paying and being paid.
contract BlacklistToken is PlainToken {
    error Blacklisted(address account);

    mapping(address account => bool) public isListed;

    function setListed(address account, bool isListed_) external {
        isListed[account] = isListed_;
    }

    function _move(address from, address to, uint256 amount) internal override returns (bool) {
        require(!isListed[from], Blacklisted(from));
        require(!isListed[to], Blacklisted(to));
        return super._move(from, to, amount);
    }
}
