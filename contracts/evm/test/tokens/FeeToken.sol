// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PlainToken} from "./PlainToken.sol";

/// @notice Keeps a part of what moves, once its maker wants that.
contract FeeToken is PlainToken {
    uint256 public percent;

    function setPercent(uint256 percent_) external {
        percent = percent_;
    }

    function _move(address from, address to, uint256 amount) internal override returns (bool) {
        uint256 fee = amount * percent / 100;
        super._move(from, address(0xfee), fee);
        return super._move(from, to, amount - fee);
    }
}
